#include "gateway/api/gateway_service.h"

#include <grpcpp/channel.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "common/async/worker_thread.h"
#include "common/base/common_errors.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/unary_handler.h"
#include "common/watch/watch_reactor.h"
#include "gateway/api/identity_call.h"
#include "gateway/identity/identity.h"
#include "gateway/status/status_board.h"
#include "gateway/status/status_collector.h"
#include "mpd/gateway/v1/gateway.grpc.pb.h"

namespace mpd::gateway {
namespace {

namespace v1 = mpd::gateway::v1;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class GatewayServiceImpl : public v1::GatewayService::CallbackService {
 public:
  GatewayServiceImpl(const Identity* identity, const BackendChannels& channels,
                     const StatusCollector* collector, StatusBoard* board, WatchHub* watches)
      : identity_(identity),
        ca_(mpd::ca::v1::CaService::NewStub(channels[static_cast<size_t>(Backend::kCa)])),
        collector_(collector),
        board_(board),
        watches_(watches) {}

  ServerUnaryReactor* GetIdentity(CallbackServerContext* context,
                                  const v1::GetIdentityRequest* request,
                                  v1::GetIdentityResponse* response) override {
    auto* reactor = context->DefaultReactor();
    collector_->Collect([this, reactor, request, response](v1::Status status) {
      mpd::gateway::GetIdentity(
          {identity_, ca_.get(), &reader_}, std::move(status), request, response,
          [reactor](const absl::Status& done) { reactor->Finish(ToGrpcStatus(done)); });
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
  const std::unique_ptr<mpd::ca::v1::CaService::Stub> ca_;
  const StatusCollector* const collector_;
  StatusBoard* const board_;
  WatchHub* const watches_;
  // Reads files, for which no callback may be held up.
  WorkerThread reader_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeGatewayService(const Identity* identity,
                                                  const BackendChannels& channels,
                                                  const StatusCollector* collector,
                                                  StatusBoard* board, WatchHub* watches) {
  return std::make_unique<GatewayServiceImpl>(identity, channels, collector, board, watches);
}

}  // namespace mpd::gateway
