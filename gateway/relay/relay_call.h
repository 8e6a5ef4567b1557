// One call that is passed on to a backend.
#ifndef MPD_GATEWAY_RELAY_RELAY_CALL_H_
#define MPD_GATEWAY_RELAY_RELAY_CALL_H_

#include <grpcpp/generic/async_generic_service.h>

#include <memory>

#include "gateway/relay/method_table.h"

namespace grpc {
class Channel;
}

namespace mpd::gateway {

// Starts the call at the backend and returns the reactor for the caller's side, which CreateReactor
// has to return. The reactor deletes itself when both sides are done. `rule` must outlive it.
grpc::ServerGenericBidiReactor* StartRelayCall(const MethodRule& rule,
                                               const std::shared_ptr<grpc::Channel>& backend,
                                               grpc::GenericCallbackServerContext* context);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_RELAY_CALL_H_
