// Handlers of unary calls.
#ifndef MPD_COMMON_RPC_UNARY_HANDLER_H_
#define MPD_COMMON_RPC_UNARY_HANDLER_H_

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"

namespace mpd {

// What a handler returns whose answer is known: the call's reactor, finished with the status. The
// response must be filled before.
grpc::ServerUnaryReactor* FinishWith(grpc::CallbackServerContext* context,
                                     const absl::Status& status);

}  // namespace mpd

#endif  // MPD_COMMON_RPC_UNARY_HANDLER_H_
