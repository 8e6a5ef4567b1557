#include "gateway/relay/relay_test_util.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"

namespace mpd::gateway {
namespace {

namespace ipam = mpd::ipam::v1;

std::string MakeTestFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "relay_XXXXXX").string();
  return mkdtemp(pattern.data());
}

// Ends once the call is cancelled.
class HangReactor : public grpc::ServerUnaryReactor {
 public:
  explicit HangReactor(std::atomic<int>* cancelled) : cancelled_(cancelled) {}
  void OnCancel() override {
    ++*cancelled_;
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  std::atomic<int>* const cancelled_;
};

class StreamReactor : public grpc::ServerWriteReactor<ipam::WatchLeasesResponse> {
 public:
  StreamReactor(int64_t count, std::atomic<int>* cancelled) : count_(count), cancelled_(cancelled) {
    message_.set_store_id(std::string(1024, 'x'));
    Next();
  }
  void OnWriteDone(bool ok) override {
    MutexLock lock(&mutex_);
    if (!ok) return Finish(grpc::Status::CANCELLED);
    Next();
  }
  void OnCancel() override { ++*cancelled_; }
  void OnDone() override {
    {
      MutexLock lock(&mutex_);
    }
    delete this;
  }

 private:
  void Next() {
    if (count_ >= 0 && message_.revision() == count_) return Finish(grpc::Status::OK);
    message_.set_revision(message_.revision() + 1);
    StartWrite(&message_);
  }
  Mutex mutex_;
  const int64_t count_;
  std::atomic<int>* const cancelled_;
  ipam::WatchLeasesResponse message_;
};

}  // namespace

grpc::ServerUnaryReactor* EchoIpam::AllocateAddress(grpc::CallbackServerContext* context,
                                                    const ipam::AllocateAddressRequest* request,
                                                    ipam::Lease* lease) {
  ++started;
  if (request->owner() == "hang") return new HangReactor(&cancelled);
  for (const auto& [key, value] : context->client_metadata()) {
    const std::string name(key.data(), key.size());
    if (name.rfind("x-", 0) != 0 && name.rfind("mpd-", 0) != 0) continue;
    context->AddInitialMetadata("x-first-" + name, std::string(value.data(), value.size()));
    context->AddTrailingMetadata("x-last-" + name, std::string(value.data(), value.size()));
  }
  auto* reactor = context->DefaultReactor();
  if (request->owner() == "bad") {
    reactor->Finish(ToGrpcStatus(MakeError(absl::StatusCode::kAlreadyExists, "taken: ask another",
                                           "ADDRESS_TAKEN", {{"owner", "runtime/php"}})));
    return reactor;
  }
  lease->set_owner(request->owner());
  lease->mutable_hostnames()->CopyFrom(request->hostnames());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<ipam::WatchLeasesResponse>* EchoIpam::WatchLeases(
    grpc::CallbackServerContext*, const ipam::WatchLeasesRequest* request) {
  ++started;
  return new StreamReactor(request->store_id() == "endless" ? -1 : request->start_revision(),
                           &cancelled);
}

RelaySetup::RelaySetup(Caller caller) : folder_(MakeTestFolder()) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  const auto channel = grpc::CreateCustomChannel("unix:" + folder_ + "/ipam.sock",
                                                 grpc::InsecureChannelCredentials(), arguments);
  relay_ = MakeRelay({channel, channel, channel}, caller);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + folder_ + "/gateway.sock", grpc::InsecureServerCredentials());
  builder.RegisterCallbackGenericService(relay_.get());
  gateway_ = builder.BuildAndStart();
}

RelaySetup::~RelaySetup() {
  gateway_->Shutdown(std::chrono::system_clock::now());
  gateway_->Wait();
  StopBackend();
  std::filesystem::remove_all(folder_);
}

void RelaySetup::StartBackend() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + folder_ + "/ipam.sock", grpc::InsecureServerCredentials());
  builder.RegisterService(&fake);
  backend_ = builder.BuildAndStart();
  ASSERT_NE(backend_, nullptr);
}

void RelaySetup::StopBackend() {
  if (backend_ == nullptr) return;
  backend_->Shutdown(std::chrono::system_clock::now());
  backend_->Wait();
  backend_.reset();
}

std::shared_ptr<grpc::Channel> RelaySetup::RelayChannel() {
  return grpc::CreateChannel("unix:" + folder_ + "/gateway.sock",
                             grpc::InsecureChannelCredentials());
}

std::unique_ptr<ipam::IpamService::Stub> RelaySetup::Stub() {
  return ipam::IpamService::NewStub(RelayChannel());
}

}  // namespace mpd::gateway
