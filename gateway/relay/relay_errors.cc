#include "gateway/relay/relay_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/status.h"

namespace mpd::gateway {

absl::Status RelayErrors::MethodNotGranted(absl::string_view method) {
  return MakeError(absl::StatusCode::kPermissionDenied,
                   absl::StrCat("The gateway does not grant ", Printable(method),
                                " here; reflection lists what there is"),
                   "METHOD_NOT_GRANTED", {{"method", method}});
}

absl::Status RelayErrors::BackendUnavailable(absl::string_view component) {
  const std::string unit = absl::StrCat("mpd-", component);
  return WithRetryDelay(
      MakeError(absl::StatusCode::kUnavailable,
                absl::StrCat(unit,
                             " does not answer; it may be restarting: try again, and if it "
                             "stays so, look at: systemctl status ",
                             unit),
                "BACKEND_UNAVAILABLE", {{"component", component}, {"unit", unit}}),
      absl::Milliseconds(500));
}

}  // namespace mpd::gateway
