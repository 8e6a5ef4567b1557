// What a store answers with, whatever is behind it.
#ifndef MPD_COMMON_STORE_STORE_ERRORS_H_
#define MPD_COMMON_STORE_STORE_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mpd {

// Thread-safe.
struct StoreErrors {
  // OUT_OF_RANGE, REVISION_COMPACTED, metadata `revision` and `compact_revision`.
  static absl::Status RevisionCompacted(int64_t asked, int64_t compacted);
  // OUT_OF_RANGE, REVISION_FUTURE, metadata `revision` and `newest_revision`.
  static absl::Status RevisionFuture(int64_t asked, int64_t newest);
  // UNAVAILABLE, STORE_UNAVAILABLE, metadata `path` and `problem`.
  static absl::Status Unavailable(absl::string_view path, absl::string_view problem);
  // RESOURCE_EXHAUSTED, STORE_BUSY, metadata `queued`.
  static absl::Status Busy(int64_t queued);
  // CANCELLED, STORE_CLOSED.
  static absl::Status Closed();
  // INVALID_ARGUMENT, INVALID_TRANSACTION, metadata `problem`.
  static absl::Status InvalidTransaction(absl::string_view problem);
  // DATA_LOSS, STORE_DAMAGED, metadata `path` and `problem`. `advice`: what to do, a sentence
  // without its full stop.
  static absl::Status Damaged(absl::string_view path, absl::string_view problem,
                              absl::string_view advice =
                                  "Restore the file from a copy, or move it and those beside it "
                                  "away to begin with an empty store");
  // FAILED_PRECONDITION, STORE_LOCKED, metadata `path`. `holder`: who has it open and how to end
  // that.
  static absl::Status Locked(absl::string_view path,
                             absl::string_view holder = "another process: end that one first");
  // NOT_FOUND, STORE_NOT_FOUND, metadata `path`.
  static absl::Status NotFound(absl::string_view path);
  // FAILED_PRECONDITION, RESTORE_INTERRUPTED, metadata `path`.
  static absl::Status RestoreInterrupted(absl::string_view path);
  // PERMISSION_DENIED, STORE_NOT_PERMITTED, metadata `path` and `problem`.
  static absl::Status NotPermitted(absl::string_view path, absl::string_view problem);
};

}  // namespace mpd

#endif  // MPD_COMMON_STORE_STORE_ERRORS_H_
