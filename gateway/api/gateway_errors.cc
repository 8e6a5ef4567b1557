#include "gateway/api/gateway_errors.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd::gateway {

absl::Status GatewayErrors::NotInThisVersion(absl::string_view method) {
  return MakeError(absl::StatusCode::kUnimplemented,
                   absl::StrCat(method, " is not part of this version"), "NOT_IN_THIS_VERSION",
                   {{"method", method}});
}

}  // namespace mpd::gateway
