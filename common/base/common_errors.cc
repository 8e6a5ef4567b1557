#include "common/base/common_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/status.h"

namespace mpd {

absl::Status CommonErrors::ShuttingDown(absl::string_view component) {
  return WithRetryDelay(
      MakeError(absl::StatusCode::kUnavailable,
                absl::StrCat("mpd-", component, " is shutting down; try again when it is back"),
                "SHUTTING_DOWN", {{"component", component}}),
      absl::Milliseconds(500));
}

absl::Status CommonErrors::RequestIdReused(absl::string_view request_id) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("The request_id \"", request_id,
                                "\" came before with another request; make a new one"),
                   "REQUEST_ID_REUSED", {{"request_id", request_id}});
}

absl::Status CommonErrors::StoreRecreated(absl::string_view asked, absl::string_view current) {
  const std::string shown = Printable(asked, 80);
  return MakeError(
      absl::StatusCode::kOutOfRange,
      absl::StrCat("The store ", shown, " is no more, its revisions mean nothing in the store ",
                   current, " of now; read the current state again"),
      "STORE_RECREATED", {{"store_id", shown}, {"current_store_id", current}});
}

absl::Status CommonErrors::SlowReader(absl::string_view problem) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("SLOW_READER: the stream ", problem, "; list again"), "SLOW_READER",
                   {{"problem", problem}});
}

absl::Status CommonErrors::InvalidPageToken(absl::string_view token, absl::string_view problem) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat("The page_token ", problem, "; list from the start"),
                   "INVALID_PAGE_TOKEN",
                   {{"page_token", Printable(token, 80)}, {"problem", problem}});
}

absl::Status CommonErrors::NotInThisVersion(absl::string_view method) {
  return MakeError(absl::StatusCode::kUnimplemented,
                   absl::StrCat(method, " is not part of this version"), "NOT_IN_THIS_VERSION",
                   {{"method", method}});
}

absl::Status CommonErrors::InvalidFlag(absl::string_view argument, absl::string_view problem) {
  const std::string shown = Printable(argument, 80);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat(shown, ": ", problem, "; --help lists the flags"), "INVALID_FLAG",
                   {{"argument", shown}, {"problem", problem}});
}

}  // namespace mpd
