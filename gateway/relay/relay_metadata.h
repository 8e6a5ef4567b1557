// Which metadata passes the gateway.
#ifndef MPD_GATEWAY_RELAY_RELAY_METADATA_H_
#define MPD_GATEWAY_RELAY_RELAY_METADATA_H_

#include "absl/strings/string_view.h"

namespace mpd::gateway {

// False for what belongs to one connection or is made anew for each (pseudo-headers, grpc-*,
// content type, user agent …), and for mpd-*, which only our own components set.
bool PassesRelay(absl::string_view key);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_RELAY_METADATA_H_
