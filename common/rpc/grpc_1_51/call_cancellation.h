// Ending a call in the middle of a write, with a status of ours.
#ifndef MPD_COMMON_RPC_GRPC_1_51_CALL_CANCELLATION_H_
#define MPD_COMMON_RPC_GRPC_1_51_CALL_CANCELLATION_H_

#include "absl/status/status.h"

namespace grpc {
class CallbackServerContext;
}

namespace mpd {

// Ends the server's call at once, with code and message of the status, past a message that the
// client does not take. The details stay behind: what is sent this way has no trailers.
//
// Made for gRPC 1.51. Symptom: its C++ interface ends such a call with CANCELLED only, which does
// not tell a client whether to list again; the C function below it takes a status. On another gRPC
// the client gets CANCELLED. Thread-safe, until the call's OnDone.
void CancelCall(grpc::CallbackServerContext* context, const absl::Status& status);

}  // namespace mpd

#endif  // MPD_COMMON_RPC_GRPC_1_51_CALL_CANCELLATION_H_
