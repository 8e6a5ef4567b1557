#include "gateway/relay/relay.h"

#include <grpcpp/channel.h>
#include <grpcpp/generic/async_generic_service.h>

#include <utility>

#include "common/base/common_errors.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "gateway/relay/relay_call.h"
#include "gateway/relay/relay_errors.h"

namespace mpd::gateway {
namespace {

class Refusal : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

class RelayService : public grpc::CallbackGenericService {
 public:
  RelayService(BackendChannels channels, Caller caller)
      : channels_(std::move(channels)), caller_(caller) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    const MethodRule* rule = FindMethod(context->method());
    if (rule == nullptr)
      return new Refusal(CommonErrors::NotInThisVersion(Printable(context->method())));
    if (!IsGranted(*rule, caller_)) {
      return new Refusal(RelayErrors::MethodNotGranted(context->method()));
    }
    return StartRelayCall(*rule, channels_[static_cast<size_t>(rule->backend)], context);
  }

 private:
  const BackendChannels channels_;
  const Caller caller_;
};

}  // namespace

std::unique_ptr<grpc::CallbackGenericService> MakeRelay(BackendChannels channels, Caller caller) {
  return std::make_unique<RelayService>(std::move(channels), caller);
}

}  // namespace mpd::gateway
