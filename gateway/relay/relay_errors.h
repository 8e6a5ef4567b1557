// The errors with which the relay refuses a call or reports that the backend is not there.
#ifndef MPD_GATEWAY_RELAY_RELAY_ERRORS_H_
#define MPD_GATEWAY_RELAY_RELAY_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mpd::gateway {

struct RelayErrors {
  // PERMISSION_DENIED (METHOD_NOT_GRANTED).
  static absl::Status MethodNotGranted(absl::string_view method);
  // UNAVAILABLE (BACKEND_UNAVAILABLE) with a RetryInfo.
  static absl::Status BackendUnavailable(absl::string_view component);
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_RELAY_ERRORS_H_
