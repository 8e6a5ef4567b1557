#include "gateway/api/gateway_service.h"

#include <grpcpp/support/server_callback.h>

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/async/worker_thread.h"
#include "common/base/common_errors.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/unary_handler.h"
#include "common/watch/watch_reactor.h"
#include "gateway/identity/identity.h"
#include "gateway/status/status_board.h"
#include "gateway/status/status_collector.h"
#include "mpd/gateway/v1/gateway.grpc.pb.h"

namespace mpd::gateway {
namespace {

namespace v1 = mpd::gateway::v1;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

absl::Status TooManyIdentities() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("Already ", WorkerThread::kMaxQueue, " calls wait for a signature; try again"),
      "TOO_MANY_IDENTITIES", {{"limit", absl::StrCat(WorkerThread::kMaxQueue)}});
}

class GatewayServiceImpl : public v1::GatewayService::CallbackService {
 public:
  GatewayServiceImpl(const Identity* identity, const StatusCollector* collector, StatusBoard* board,
                     WatchHub* watches)
      : identity_(identity), collector_(collector), board_(board), watches_(watches) {}

  ServerUnaryReactor* GetIdentity(CallbackServerContext* context,
                                  const v1::GetIdentityRequest* request,
                                  v1::GetIdentityResponse* response) override {
    auto* reactor = context->DefaultReactor();
    collector_->Collect([this, reactor, request, response](v1::Status status) {
      const bool taken =
          signer_.Post([this, reactor, request, response, status = std::move(status)] {
            reactor->Finish(ToGrpcStatus(identity_->Sign(request->nonce(), status, response)));
          });
      if (!taken) reactor->Finish(ToGrpcStatus(TooManyIdentities()));
    });
    return reactor;
  }

  ServerUnaryReactor* GetStatus(CallbackServerContext* context, const v1::GetStatusRequest*,
                                v1::Status* response) override {
    auto* reactor = context->DefaultReactor();
    collector_->Collect([reactor, response](v1::Status status) {
      response->Swap(&status);
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }

  grpc::ServerWriteReactor<v1::WatchStatusResponse>* WatchStatus(
      CallbackServerContext* context, const v1::WatchStatusRequest*) override {
    return watches_->Start<v1::WatchStatusResponse>(board_->NewSource(), context);
  }

  grpc::ServerWriteReactor<v1::DiagnoseResponse>* Diagnose(CallbackServerContext*,
                                                           const v1::DiagnoseRequest*) override {
    return watches_->Refuse<v1::DiagnoseResponse>(CommonErrors::NotInThisVersion("Diagnose"));
  }

#define MPD_LATER(Method, Request, Response)                                                    \
  ServerUnaryReactor* Method(CallbackServerContext* context, const v1::Request*, v1::Response*) \
      override {                                                                                \
    return FinishWith(context, CommonErrors::NotInThisVersion(#Method));                        \
  }
  MPD_LATER(EnrollClient, EnrollClientRequest, EnrollClientResponse)
  MPD_LATER(RevokeClient, RevokeClientRequest, Client)
  MPD_LATER(ListClients, ListClientsRequest, ListClientsResponse)
  MPD_LATER(GetClientBundle, GetClientBundleRequest, GetClientBundleResponse)
  MPD_LATER(ImportTrust, ImportTrustRequest, ImportTrustResponse)
#undef MPD_LATER

 private:
  const Identity* const identity_;
  const StatusCollector* const collector_;
  StatusBoard* const board_;
  WatchHub* const watches_;
  // Reads files and computes a signature, for which no callback may be held up.
  WorkerThread signer_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeGatewayService(const Identity* identity,
                                                  const StatusCollector* collector,
                                                  StatusBoard* board, WatchHub* watches) {
  return std::make_unique<GatewayServiceImpl>(identity, collector, board, watches);
}

}  // namespace mpd::gateway
