#include "dnsd-controller/control/dnsd_errors.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/common_errors.h"
#include "common/base/status.h"

namespace mpd::dnsd {

absl::Status DnsdErrors::StoreRecreated(const std::string& asked, const std::string& current) {
  return CommonErrors::StoreRecreated(asked, current);
}

absl::Status DnsdErrors::TooManyWaiters(size_t limit) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("Already ", limit, " calls wait for a revision; try again"),
                   "TOO_MANY_WAITERS", {{"limit", absl::StrCat(limit)}});
}

absl::Status DnsdErrors::TooManyLookups(size_t limit) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("Already ", limit, " lookups are under way; try again"),
                   "TOO_MANY_LOOKUPS", {{"limit", absl::StrCat(limit)}});
}

absl::Status DnsdErrors::NotRendered() {
  return WithRetryDelay(
      MakeError(absl::StatusCode::kUnavailable,
                "No leases have been rendered since mpd-dnsd-controller started; try again, and if "
                "it stays so, see that mpd-ipam is active",
                "NOT_RENDERED"),
      absl::Milliseconds(500));
}

absl::Status DnsdErrors::ShuttingDown() { return CommonErrors::ShuttingDown("dnsd-controller"); }

absl::Status DnsdErrors::NotPublished() {
  return MakeError(absl::StatusCode::kDeadlineExceeded,
                   "The resolver was not seen to serve the revision in time; see the status",
                   "NOT_PUBLISHED");
}

}  // namespace mpd::dnsd
