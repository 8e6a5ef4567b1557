// The channels to the other components.
#ifndef MPD_GATEWAY_RELAY_BACKENDS_H_
#define MPD_GATEWAY_RELAY_BACKENDS_H_

#include <array>
#include <memory>

#include "gateway/relay/method_table.h"

namespace grpc {
class Channel;
}

namespace mpd::gateway {

// Indexed by Backend.
using BackendChannels = std::array<std::shared_ptr<grpc::Channel>, kBackendCount>;

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_BACKENDS_H_
