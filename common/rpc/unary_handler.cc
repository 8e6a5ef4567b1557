#include "common/rpc/unary_handler.h"

#include <grpcpp/server_context.h>

#include "common/rpc/grpc_status.h"

namespace mpd {

grpc::ServerUnaryReactor* FinishWith(grpc::CallbackServerContext* context,
                                     const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace mpd
