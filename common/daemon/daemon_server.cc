#include "common/daemon/daemon_server.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "common/daemon/build_info.h"
#include "common/daemon/gated_listener.h"
#include "common/daemon/health_service.h"
#include "common/daemon/introspection.h"
#include "common/rpc/grpc_1_51/callback_threads.h"
#include "common/rpc/grpc_1_51/idle_hang_up.h"
#include "common/watch/watch_reactor.h"

namespace mpd {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;

// gRPC's own complaints (a peer that went away, a refused connection) are no news to an operator,
// and would come in a form of their own.
void LogGrpcMessage(gpr_log_func_args* args) {
  LOG_DEBUG("GRPC", args->message, {{"file", args->file}, {"line", absl::StrCat(args->line)}});
}

void Configure(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A client that hangs with an open connection is found, and a client may ask as often.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Two servers on one socket would each get some of the calls.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

absl::Status ListenFailed(const std::string& address) {
  return MakeError(absl::StatusCode::kUnavailable, absl::StrCat("cannot listen on ", address),
                   "LISTEN_FAILED", {{"address", address}});
}

}  // namespace

DaemonServer::DaemonServer(WatchHub* watches)
    : watches_(watches),
      health_(std::make_shared<HealthBoard>()),
      health_service_(std::make_unique<HealthService>(health_, watches)) {
  gpr_set_log_function(&LogGrpcMessage);
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  // Debian builds Abseil so that each of gRPC's locks keeps account of the order in which it is
  // taken, which costs some of each call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  LetCallbackThreadsWait();
}

DaemonServer::~DaemonServer() { Stop(); }

void DaemonServer::Stop() {
  if (shutdown_thread_.joinable()) {
    shutdown_thread_.join();
  } else if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now());
  }
}

void DaemonServer::AddService(grpc::Service* service) { services_.push_back(service); }

void DaemonServer::SetGenericService(grpc::CallbackGenericService* service,
                                     std::vector<std::string> relayed_services) {
  generic_service_ = service;
  for (const std::string& relayed : relayed_services) health_->SetRelayed(relayed, false);
  relayed_services_ = std::move(relayed_services);
}

absl::Status DaemonServer::Start(const std::string& address) {
  int bound = 0;
  RETURN_IF_ERROR(Build([&](grpc::ServerBuilder* builder) {
    builder->AddListeningPort(address, grpc::InsecureServerCredentials(), &bound);
  }));
  return bound == 0 ? ListenFailed(address) : absl::OkStatus();
}

absl::Status DaemonServer::StartBehind(GatedListener* listener, const std::string& path) {
  std::unique_ptr<GatedListener::Acceptor> acceptor;
  RETURN_IF_ERROR(Build([&](grpc::ServerBuilder* builder) {
    acceptor = builder->experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials());
  }));
  return listener->Listen(path, std::move(acceptor));
}

absl::Status DaemonServer::Build(absl::FunctionRef<void(grpc::ServerBuilder*)> listen) {
  grpc::ServerBuilder builder;
  Configure(&builder);
  std::vector<std::string> own_services;
  builder.SetOption(MakeIntrospection(
      {std::string(BuildVersion()), std::string(BuildCommit()), relayed_services_,
       [&own_services](const std::vector<std::string>& names) { own_services = names; }}));
  for (grpc::Service* service : services_) builder.RegisterService(service);
  builder.RegisterService(health_service_.get());
  if (generic_service_ != nullptr) builder.RegisterCallbackGenericService(generic_service_);
  listen(&builder);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return ListenFailed("");
  server_ = std::move(server);
  health_->AddOwn(own_services);
  watches_->Wake();
  return absl::OkStatus();
}

void DaemonServer::SetServing(bool serving) {
  health_->SetServing(serving);
  watches_->Wake();
}

void DaemonServer::SetRelayedServing(const std::string& service, bool serving) {
  health_->SetRelayed(service, serving);
  watches_->Wake();
}

void DaemonServer::Shutdown(absl::Duration grace, std::function<void(bool in_time)> done) {
  shutdown_thread_ = std::thread([this, grace, done = std::move(done)] {
    const absl::Time deadline = absl::Now() + grace;
    bool in_time = false;
    {
      const IdleHangUp hang_up(server_.get());
      server_->Shutdown(absl::ToChronoTime(deadline));
      in_time = absl::Now() < deadline;
    }
    done(in_time);
  });
}

}  // namespace mpd
