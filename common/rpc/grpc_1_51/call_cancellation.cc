#include "common/rpc/grpc_1_51/call_cancellation.h"

#include <grpc/grpc.h>
#include <grpcpp/server_context.h>

#include <string>

#include "common/rpc/grpc_1_51/workarounds.h"

namespace mpd {

void CancelCall(grpc::CallbackServerContext* context, const absl::Status& status) {
  if (!GrpcWorkaroundsOn()) return context->TryCancel();
  grpc_call_cancel_with_status(context->c_call(), static_cast<grpc_status_code>(status.code()),
                               std::string(status.message()).c_str(), nullptr);
}

}  // namespace mpd
