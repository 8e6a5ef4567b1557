// Backend methods pass through the gateway as bytes: unary and streaming alike, with deadline,
// cancellation, metadata and status details carried both ways.
#ifndef MPD_GATEWAY_RELAY_RELAY_H_
#define MPD_GATEWAY_RELAY_RELAY_H_

#include <memory>

#include "gateway/relay/backends.h"
#include "gateway/relay/method_table.h"

namespace grpc {
class CallbackGenericService;
}

namespace mpd::gateway {

// Relays what the method table grants `caller`; all else is METHOD_NOT_GRANTED. A call holds at
// most one message per direction. While its backend restarts, a call that is safe to repeat waits
// until shortly before its deadline, or 10 s where it has none; then, and at once for other calls,
// it ends with BACKEND_UNAVAILABLE. Must outlive the server.
std::unique_ptr<grpc::CallbackGenericService> MakeRelay(BackendChannels channels, Caller caller);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_RELAY_H_
