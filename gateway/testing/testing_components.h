// Fakes of the other components on real sockets, for tests of the gateway and mpdctl. The tests
// decide what they reply.
#ifndef MPD_GATEWAY_TESTING_TESTING_COMPONENTS_H_
#define MPD_GATEWAY_TESTING_TESTING_COMPONENTS_H_

#include <grpcpp/grpcpp.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/testing/test_server.h"
#include "gateway/relay/backends.h"
#include "gateway/relay/method_table.h"
#include "mpd/ca/v1/ca.grpc.pb.h"
#include "mpd/component/v1/component.grpc.pb.h"
#include "mpd/containers/v1/containers.grpc.pb.h"
#include "mpd/dnsd/v1/dnsd.grpc.pb.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::gateway {

// Keeps runtimes in memory and reports their changes to watchers. Thread-safe.
class FakeManager final : public mpd::containers::v1::ContainerManagerService::Service {
 public:
  // A state of a runtime with its status_message.
  struct RuntimeState {
    mpd::containers::v1::State state;
    std::string message;
  };

  // Adds or changes a runtime; watchers see the change.
  void Put(const std::string& name, const RuntimeState& state);
  void Remove(const std::string& name);
  // The states through which a runtime goes after its CreateRuntime.
  void SetStatesAfterCreate(std::vector<RuntimeState> states);
  void SetEnvironment(const mpd::containers::v1::Environment& environment);
  // The next stream sends the current state and then ends with this error.
  void BreakNextStream(const grpc::Status& error);
  // Ends all streams. To be called before the server is shut down.
  void Close();

  int creations();
  std::vector<std::string> request_ids();

 private:
  using Runtimes = std::map<std::string, mpd::containers::v1::Runtime>;

  grpc::Status GetEnvironment(grpc::ServerContext*,
                              const mpd::containers::v1::GetEnvironmentRequest*,
                              mpd::containers::v1::Environment* response) override;
  grpc::Status StartEnvironment(grpc::ServerContext*,
                                const mpd::containers::v1::StartEnvironmentRequest*,
                                mpd::containers::v1::Environment* response) override;
  grpc::Status CreateRuntime(grpc::ServerContext*,
                             const mpd::containers::v1::CreateRuntimeRequest* request,
                             mpd::containers::v1::Runtime* response) override;
  grpc::Status DeleteRuntime(grpc::ServerContext*,
                             const mpd::containers::v1::DeleteRuntimeRequest* request,
                             mpd::containers::v1::Runtime* response) override;
  grpc::Status ListServices(grpc::ServerContext*, const mpd::containers::v1::ListServicesRequest*,
                            mpd::containers::v1::ListServicesResponse* response) override;
  grpc::Status ListRuntimes(grpc::ServerContext*,
                            const mpd::containers::v1::ListRuntimesRequest* request,
                            mpd::containers::v1::ListRuntimesResponse* response) override;
  grpc::Status WatchWorkloads(
      grpc::ServerContext* context, const mpd::containers::v1::WatchWorkloadsRequest*,
      grpc::ServerWriter<mpd::containers::v1::WatchWorkloadsResponse>* writer) override;
  // A line with escape sequences, on each of the two streams.
  grpc::Status StreamLogs(
      grpc::ServerContext*, const mpd::containers::v1::StreamLogsRequest*,
      grpc::ServerWriter<mpd::containers::v1::StreamLogsResponse>* writer) override;

  void PutLocked(const std::string& name, const RuntimeState& state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The events that a watcher needs who knows the runtimes `seen`.
  mpd::containers::v1::WatchWorkloadsResponse Difference(const Runtimes& seen)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  CondVar changed_;
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 1;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int creations_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> request_ids_ ABSL_GUARDED_BY(mutex_);
  Runtimes runtimes_ ABSL_GUARDED_BY(mutex_);
  std::vector<RuntimeState> states_after_create_ ABSL_GUARDED_BY(mutex_);
  std::string created_ ABSL_GUARDED_BY(mutex_);
  grpc::Status break_ ABSL_GUARDED_BY(mutex_);
  mpd::containers::v1::Environment environment_ ABSL_GUARDED_BY(mutex_);
};

class FakeIpam final : public mpd::ipam::v1::IpamService::Service {
  grpc::Status ListPools(grpc::ServerContext*, const mpd::ipam::v1::ListPoolsRequest*,
                         mpd::ipam::v1::ListPoolsResponse* response) override;
  grpc::Status ListLeases(grpc::ServerContext*, const mpd::ipam::v1::ListLeasesRequest* request,
                          mpd::ipam::v1::ListLeasesResponse* response) override;
};

class FakeDnsd final : public mpd::dnsd::v1::DnsdControllerService::Service {
  grpc::Status GetStatus(grpc::ServerContext*, const mpd::dnsd::v1::GetStatusRequest*,
                         mpd::dnsd::v1::Status* response) override;
  // Names that begin with "missing." do not exist (NXDOMAIN).
  grpc::Status Lookup(grpc::ServerContext*, const mpd::dnsd::v1::LookupRequest* request,
                      mpd::dnsd::v1::LookupResponse* response) override;
};

// Signs with the words "signed by the CA".
class FakeCa final : public mpd::ca::v1::CaService::Service {
  grpc::Status GetTrust(grpc::ServerContext*, const mpd::ca::v1::GetTrustRequest*,
                        mpd::ca::v1::Trust* response) override;
  grpc::Status SignIdentity(grpc::ServerContext*, const mpd::ca::v1::SignIdentityRequest* request,
                            mpd::ca::v1::SignIdentityResponse* response) override;
};

class FakeBuild final : public mpd::component::v1::ComponentService::Service {
  grpc::Status GetBuild(grpc::ServerContext*, const mpd::component::v1::GetBuildRequest*,
                        mpd::component::v1::GetBuildResponse* response) override;
};

// The fakes with their sockets in a temporary folder.
class FakeComponents {
 public:
  FakeComponents();
  ~FakeComponents();

  void Start(Backend backend);
  void Stop(Backend backend);
  // Puts a socket in place of the component's that accepts connections but never replies.
  void Hang(Backend backend);

  const BackendChannels& channels() const { return channels_; }
  FakeManager& manager() { return manager_; }
  const std::string& folder() const { return folder_.path(); }

 private:
  std::string Socket(Backend backend) const;

  TestFolder folder_;
  BackendChannels channels_;
  FakeIpam ipam_;
  FakeDnsd dnsd_;
  FakeManager manager_;
  FakeCa ca_;
  FakeBuild build_;
  std::array<std::unique_ptr<grpc::Server>, kBackendCount> servers_;
  int hanging_ = -1;
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_TESTING_TESTING_COMPONENTS_H_
