// What the gateway's own methods answer when they can't serve.
#ifndef MPD_GATEWAY_API_GATEWAY_ERRORS_H_
#define MPD_GATEWAY_API_GATEWAY_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mpd::gateway {

struct GatewayErrors {
  // UNIMPLEMENTED (NOT_IN_THIS_VERSION).
  static absl::Status NotInThisVersion(absl::string_view method);
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_API_GATEWAY_ERRORS_H_
