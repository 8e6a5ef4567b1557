// Decides which metadata the relay passes on.
#ifndef MPD_GATEWAY_RELAY_RELAY_METADATA_H_
#define MPD_GATEWAY_RELAY_RELAY_METADATA_H_

#include "absl/strings/string_view.h"

namespace mpd::gateway {

// False for keys that belong to one connection, because gRPC sets them for each (pseudo-headers,
// grpc-*, content-type, user-agent and others), and for mpd-*, which only our components may set.
bool PassesRelay(absl::string_view key);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_RELAY_METADATA_H_
