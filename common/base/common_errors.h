// Errors that several components answer with: one factory each, so that a reason has the same keys
// whoever gives it. What only one component has to say is beside it, in its own *_errors.h.
#ifndef MPD_COMMON_BASE_COMMON_ERRORS_H_
#define MPD_COMMON_BASE_COMMON_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mpd {

// Thread-safe.
struct CommonErrors {
  // UNAVAILABLE, SHUTTING_DOWN, metadata `component`; to be tried again after half a second.
  static absl::Status ShuttingDown(absl::string_view component);
  // FAILED_PRECONDITION, REQUEST_ID_REUSED, metadata `request_id`: it came before with another
  // request.
  static absl::Status RequestIdReused(absl::string_view request_id);
  // OUT_OF_RANGE, STORE_RECREATED, metadata `store_id` and `current_store_id`: a revision of a
  // store that is no more.
  static absl::Status StoreRecreated(absl::string_view asked, absl::string_view current);
  // RESOURCE_EXHAUSTED, SLOW_READER, metadata `problem`, which goes on from "the stream ". The
  // reason is in the sentence too, for streams that can only be ended without details.
  static absl::Status SlowReader(absl::string_view problem);
  // INVALID_ARGUMENT, INVALID_PAGE_TOKEN, metadata `page_token` (shortened to 80 characters) and
  // `problem`, which goes on from "The page_token ".
  static absl::Status InvalidPageToken(absl::string_view token, absl::string_view problem);
  // UNIMPLEMENTED, NOT_IN_THIS_VERSION, metadata `method`.
  static absl::Status NotInThisVersion(absl::string_view method);
  // INVALID_ARGUMENT, INVALID_FLAG, metadata `argument` (shortened to 80 characters) and `problem`.
  static absl::Status InvalidFlag(absl::string_view argument, absl::string_view problem);
};

}  // namespace mpd

#endif  // MPD_COMMON_BASE_COMMON_ERRORS_H_
