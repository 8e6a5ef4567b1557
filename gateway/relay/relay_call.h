// One call on its way through the gateway.
#ifndef MPD_GATEWAY_RELAY_RELAY_CALL_H_
#define MPD_GATEWAY_RELAY_RELAY_CALL_H_

#include <grpcpp/generic/async_generic_service.h>

#include <memory>

#include "gateway/relay/method_table.h"

namespace grpc {
class Channel;
}

namespace mpd::gateway {

// Starts the backend's side of the call; the result is what CreateReactor returns. It owns itself.
// `rule` must outlive it.
grpc::ServerGenericBidiReactor* StartRelayCall(const MethodRule& rule,
                                               const std::shared_ptr<grpc::Channel>& backend,
                                               grpc::GenericCallbackServerContext* context);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_RELAY_CALL_H_
