#include "common/store/store_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd {

absl::Status StoreErrors::RevisionCompacted(int64_t asked, int64_t compacted) {
  const std::string from = absl::StrCat(asked);
  const std::string to = absl::StrCat(compacted);
  return MakeError(absl::StatusCode::kOutOfRange,
                   absl::StrCat("revision ", from, " is forgotten, history begins at ", to,
                                ": list again and go on from the list's revision"),
                   "REVISION_COMPACTED", {{"revision", from}, {"compact_revision", to}});
}

absl::Status StoreErrors::RevisionFuture(int64_t asked, int64_t newest) {
  const std::string revision = absl::StrCat(asked);
  const std::string last = absl::StrCat(newest);
  return MakeError(absl::StatusCode::kOutOfRange,
                   absl::StrCat("revision ", revision, " is still to come, the newest is ", last,
                                ": compare store_id, and list again if it has changed"),
                   "REVISION_FUTURE", {{"revision", revision}, {"newest_revision", last}});
}

absl::Status StoreErrors::Unavailable(absl::string_view path, absl::string_view problem) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("the store ", path, " can't be used now: ", problem,
                                "; nothing was changed, try again when that is mended"),
                   "STORE_UNAVAILABLE", {{"path", path}, {"problem", problem}});
}

absl::Status StoreErrors::Busy(int64_t queued) {
  const std::string count = absl::StrCat(queued);
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("the store has ", count, " transactions waiting: try again a little later"),
      "STORE_BUSY", {{"queued", count}});
}

absl::Status StoreErrors::Closed() {
  return MakeError(absl::StatusCode::kCancelled,
                   "the store is closed, as the program is ending: try again when it is back",
                   "STORE_CLOSED");
}

absl::Status StoreErrors::InvalidTransaction(absl::string_view problem) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat("the store refuses this transaction: ", problem),
                   "INVALID_TRANSACTION", {{"problem", problem}});
}

absl::Status StoreErrors::Damaged(absl::string_view path, absl::string_view problem,
                                  absl::string_view advice) {
  return MakeError(absl::StatusCode::kDataLoss,
                   absl::StrCat("the store ", path, " can't be read: ", problem,
                                ". It is left as it is. ", advice),
                   "STORE_DAMAGED", {{"path", path}, {"problem", problem}});
}

absl::Status StoreErrors::Locked(absl::string_view path, absl::string_view holder) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the store ", path, " is in use by ", holder), "STORE_LOCKED",
                   {{"path", path}});
}

absl::Status StoreErrors::NotFound(absl::string_view path) {
  return MakeError(absl::StatusCode::kNotFound, absl::StrCat("there is no store at ", path),
                   "STORE_NOT_FOUND", {{"path", path}});
}

absl::Status StoreErrors::RestoreInterrupted(absl::string_view path) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the store ", path,
                                " was being restored from a backup when that was cut short: "
                                "run the restore again"),
                   "RESTORE_INTERRUPTED", {{"path", path}});
}

absl::Status StoreErrors::NotPermitted(absl::string_view path, absl::string_view problem) {
  return MakeError(absl::StatusCode::kPermissionDenied,
                   absl::StrCat("the store ", path, " can't be written: ", problem,
                                "; give this user the file and its folder"),
                   "STORE_NOT_PERMITTED", {{"path", path}, {"problem", problem}});
}

}  // namespace mpd
