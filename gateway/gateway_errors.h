// What the gateway itself answers when it refuses or can't.
#ifndef MPD_GATEWAY_GATEWAY_ERRORS_H_
#define MPD_GATEWAY_GATEWAY_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mpd::gateway {

class GatewayErrors {
 public:
  // PERMISSION_DENIED (METHOD_NOT_GRANTED).
  static absl::Status MethodNotGranted(absl::string_view method);
  // UNAVAILABLE (BACKEND_UNAVAILABLE) with a RetryInfo.
  static absl::Status BackendUnavailable(absl::string_view component);
  // FAILED_PRECONDITION (NO_VM_KEY).
  static absl::Status NoVmKey(absl::string_view path, absl::string_view problem);
  // UNIMPLEMENTED (NOT_IN_THIS_VERSION).
  static absl::Status NotInThisVersion(absl::string_view method);
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_GATEWAY_ERRORS_H_
