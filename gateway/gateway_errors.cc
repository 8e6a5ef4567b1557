#include "gateway/gateway_errors.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status.h"

namespace mpd::gateway {

absl::Status GatewayErrors::MethodNotGranted(absl::string_view method) {
  return MakeError(absl::StatusCode::kPermissionDenied,
                   absl::StrCat("The gateway does not grant ", Printable(method),
                                " here; reflection lists what there is"),
                   "METHOD_NOT_GRANTED", {{"method", method}});
}

absl::Status GatewayErrors::BackendUnavailable(absl::string_view component) {
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

absl::Status GatewayErrors::NoVmKey(absl::string_view path, absl::string_view problem) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("This VM can't sign: ", path, ": ", problem,
                                "; it is never made anew over a file that exists: mend or remove "
                                "the file, then: systemctl restart mpd-gateway"),
                   "NO_VM_KEY", {{"path", path}, {"problem", problem}});
}

absl::Status GatewayErrors::NotInThisVersion(absl::string_view method) {
  return MakeError(absl::StatusCode::kUnimplemented,
                   absl::StrCat(method, " is not part of this version"), "NOT_IN_THIS_VERSION",
                   {{"method", method}});
}

}  // namespace mpd::gateway
