// Passes calls on to the backends without knowing their messages: unary and streaming calls alike,
// as bytes, with deadline, cancellation, metadata and status details.
#ifndef MPD_GATEWAY_RELAY_RELAY_H_
#define MPD_GATEWAY_RELAY_RELAY_H_

#include <memory>

#include "gateway/relay/backends.h"
#include "gateway/relay/method_table.h"

namespace grpc {
class CallbackGenericService;
}

namespace mpd::gateway {

// Relays the methods that the method table grants to `caller`. One that it does not grant is
// PERMISSION_DENIED (METHOD_NOT_GRANTED), one that is not in it UNIMPLEMENTED
// (NOT_IN_THIS_VERSION). A call buffers at most one message per direction. While the backend
// restarts, a call that is safe to repeat waits for it until 50 ms before its deadline, or 10 s
// when it has none, and then ends with UNAVAILABLE (BACKEND_UNAVAILABLE); other calls end with that
// at once. The service must outlive the server.
std::unique_ptr<grpc::CallbackGenericService> MakeRelay(BackendChannels channels, Caller caller);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_RELAY_H_
