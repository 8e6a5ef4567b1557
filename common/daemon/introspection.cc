#include "common/daemon/introspection.h"

#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "common/daemon/reflection.h"
#include "grpc/health/v1/health.pb.h"
#include "mpd/component/v1/component.grpc.pb.h"

namespace mpd {
namespace {

namespace component = mpd::component::v1;

class ComponentServiceImpl : public component::ComponentService::CallbackService {
 public:
  ComponentServiceImpl(const std::string& version, const std::string& build) {
    response_.set_version(version);
    response_.set_build(build);
  }
  grpc::ServerUnaryReactor* GetBuild(grpc::CallbackServerContext* context,
                                     const component::GetBuildRequest*,
                                     component::GetBuildResponse* response) override {
    *response = response_;
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  component::GetBuildResponse response_;
};

class IntrospectionPlugin : public grpc::ServerBuilderPlugin {
 public:
  explicit IntrospectionPlugin(Introspection introspection)
      : introspection_(std::move(introspection)),
        names_(std::make_shared<std::vector<std::string>>()) {}

  std::string name() override { return "mpd_introspection"; }
  void ChangeArguments(const std::string&, void*) override {}

  void InitServer(grpc::ServerInitializer* initializer) override {
    const ReflectionServices reflection = MakeReflectionServices(names_);
    initializer->RegisterService(reflection.v1);
    initializer->RegisterService(reflection.v1alpha);
    initializer->RegisterService(
        std::make_shared<ComponentServiceImpl>(introspection_.version, introspection_.build));
  }
  void Finish(grpc::ServerInitializer* initializer) override {
    *names_ = *initializer->GetServiceList();
    if (introspection_.on_registered) introspection_.on_registered(*names_);
    names_->insert(names_->end(), introspection_.relayed_services.begin(),
                   introspection_.relayed_services.end());
  }

 private:
  const Introspection introspection_;
  const std::shared_ptr<std::vector<std::string>> names_;
};

class IntrospectionOption : public grpc::ServerBuilderOption {
 public:
  explicit IntrospectionOption(Introspection introspection)
      : introspection_(std::move(introspection)) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<IntrospectionPlugin>(introspection_));
  }

 private:
  const Introspection introspection_;
};

}  // namespace

std::unique_ptr<grpc::ServerBuilderOption> MakeIntrospection(Introspection introspection) {
  // Links the descriptor of health, which the server brings along, for reflection.
  grpc::health::v1::HealthCheckRequest::descriptor();
  return std::make_unique<IntrospectionOption>(std::move(introspection));
}

}  // namespace mpd
