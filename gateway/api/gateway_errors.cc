#include "gateway/api/gateway_errors.h"

#include "common/base/common_errors.h"

namespace mpd::gateway {

absl::Status GatewayErrors::NotInThisVersion(absl::string_view method) {
  return CommonErrors::NotInThisVersion(method);
}

}  // namespace mpd::gateway
