#include "gateway/status/status_collector.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/rpc/grpc_status.h"
#include "mpd/component/v1/component.grpc.pb.h"
#include "mpd/containers/v1/containers.grpc.pb.h"
#include "mpd/dnsd/v1/dnsd.grpc.pb.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::gateway {
namespace {

using Containers = mpd::containers::v1::ContainerManagerService;
using Dnsd = mpd::dnsd::v1::DnsdControllerService;
using Ipam = mpd::ipam::v1::IpamService;
using Build = mpd::component::v1::ComponentService;
using mpd::gateway::v1::Component;
using mpd::gateway::v1::Status;

constexpr auto kPatience = std::chrono::seconds(1);
// The most that a List call sends: more workloads than one VM carries.
constexpr int kPageSize = 1000;

constexpr std::array<Backend, kBackendCount> kBackends = {Backend::kIpam, Backend::kDnsdController,
                                                          Backend::kContainerManager};

std::string Why(Backend backend, const absl::Status& status) {
  const std::string unit = absl::StrCat("mpd-", ComponentName(backend));
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StrCat("no answer within 1 s; look at: systemctl status ", unit);
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("not running; look at: systemctl status ", unit);
    default:
      return std::string(status.message());
  }
}

mpd::containers::v1::Workload* AddWorkload(absl::string_view kind, absl::string_view name,
                                           Status* status) {
  auto* workload = status->add_workloads();
  workload->set_workload(absl::StrCat(kind, name));
  return workload;
}

// By name, so that the same state is always the same message, whoever answered first.
void Sort(Status* status) {
  std::sort(status->mutable_workloads()->begin(), status->mutable_workloads()->end(),
            [](const auto& a, const auto& b) { return a.workload() < b.workload(); });
}

// The answers as they come in; the last one hands them over.
class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  using Done = std::function<void(Status)>;

  Gathering(Done done, std::string zone, const Component& own) : done_(std::move(done)) {
    status_.set_zone(std::move(zone));
    for (const Backend backend : kBackends) {
      status_.add_components()->set_name(std::string(ComponentName(backend)));
      status_.mutable_components(static_cast<int>(backend))->set_healthy(true);
    }
    *status_.add_components() = own;
  }

  // `merge(response, status)` takes over what the call brought.
  template <typename Response, typename Stub, typename Request, typename Merge>
  void Ask(Backend backend, Stub* stub,
           void (Stub::*method)(grpc::ClientContext*, const Request*, Response*,
                                std::function<void(grpc::Status)>),
           Request request, Merge merge) {
    struct Call {
      grpc::ClientContext context;
      Request request;
      Response response;
    };
    {
      MutexLock lock(&mutex_);
      ++open_;
    }
    auto call = std::make_shared<Call>();
    call->request = std::move(request);
    call->context.set_deadline(std::chrono::system_clock::now() + kPatience);
    (stub->*method)(&call->context, &call->request, &call->response,
                    [self = this->shared_from_this(), call, backend,
                     merge = std::move(merge)](const grpc::Status& status) {
                      {
                        MutexLock lock(&self->mutex_);
                        if (status.ok()) {
                          merge(call->response, &self->status_);
                        } else {
                          self->Fail(backend, FromGrpcStatus(status));
                        }
                      }
                      self->Close();
                    });
  }

  // Each answer, and the end of asking, closes one; the last one of all calls `done`.
  void Close() {
    Done done;
    Status status;
    {
      MutexLock lock(&mutex_);
      if (--open_ > 0) return;
      done = std::move(done_);
      status.Swap(&status_);
    }
    Sort(&status);
    done(std::move(status));
  }

 private:
  void Fail(Backend backend, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    // A component of another version may lack a method, and is well.
    if (absl::IsUnimplemented(status)) return;
    Component* component = status_.mutable_components(static_cast<int>(backend));
    component->set_healthy(false);
    if (component->error().empty()) component->set_error(Why(backend, status));
  }

  Mutex mutex_;
  int open_ ABSL_GUARDED_BY(mutex_) = 1;
  Done done_ ABSL_GUARDED_BY(mutex_);
  Status status_ ABSL_GUARDED_BY(mutex_);
};

template <typename Request>
Request WithPageSize() {
  Request request;
  request.set_page_size(kPageSize);
  return request;
}

}  // namespace

struct StatusCollector::Stubs {
  explicit Stubs(const BackendChannels& channels)
      : ipam(Ipam::NewStub(channels[static_cast<size_t>(Backend::kIpam)])),
        dnsd(Dnsd::NewStub(channels[static_cast<size_t>(Backend::kDnsdController)])),
        containers(Containers::NewStub(channels[static_cast<size_t>(Backend::kContainerManager)])) {
    for (const Backend backend : kBackends) {
      const auto index = static_cast<size_t>(backend);
      builds[index] = Build::NewStub(channels[index]);
    }
  }
  std::unique_ptr<Ipam::Stub> ipam;
  std::unique_ptr<Dnsd::Stub> dnsd;
  std::unique_ptr<Containers::Stub> containers;
  std::array<std::unique_ptr<Build::Stub>, kBackendCount> builds;
};

StatusCollector::StatusCollector(const BackendChannels& channels, std::string zone, Component own)
    : stubs_(std::make_shared<Stubs>(channels)), zone_(std::move(zone)), own_(std::move(own)) {}

StatusCollector::~StatusCollector() = default;

void StatusCollector::Collect(std::function<void(Status)> done) const {
  namespace c = mpd::containers::v1;
  auto all = std::make_shared<Gathering>(std::move(done), zone_, own_);
  for (const Backend backend : kBackends) {
    const auto index = static_cast<size_t>(backend);
    all->Ask(backend, stubs_->builds[index]->async(), &Build::Stub::async::GetBuild,
             mpd::component::v1::GetBuildRequest(),
             [index](const mpd::component::v1::GetBuildResponse& build, Status* status) {
               Component* component = status->mutable_components(static_cast<int>(index));
               component->set_version(build.version());
               component->set_build(build.build());
             });
  }
  all->Ask(Backend::kIpam, stubs_->ipam->async(), &Ipam::Stub::async::ListPools,
           mpd::ipam::v1::ListPoolsRequest(),
           [](const mpd::ipam::v1::ListPoolsResponse& response, Status* status) {
             *status->mutable_pools() = response.pools();
           });
  all->Ask(Backend::kDnsdController, stubs_->dnsd->async(), &Dnsd::Stub::async::GetStatus,
           mpd::dnsd::v1::GetStatusRequest(),
           [](const mpd::dnsd::v1::Status& response, Status* status) {
             *status->mutable_dns() = response;
           });
  auto* containers = stubs_->containers->async();
  using Async = class Containers::Stub::async;
  const Backend manager = Backend::kContainerManager;
  all->Ask(manager, containers, &Async::GetEnvironment, c::GetEnvironmentRequest(),
           [](const c::Environment& response, Status* status) {
             *status->mutable_environment() = response;
           });
  all->Ask(manager, containers, &Async::ListServices, WithPageSize<c::ListServicesRequest>(),
           [](const c::ListServicesResponse& response, Status* status) {
             for (const auto& one : response.services()) {
               *AddWorkload("service/", one.name(), status)->mutable_service() = one;
             }
           });
  all->Ask(manager, containers, &Async::ListRuntimes, WithPageSize<c::ListRuntimesRequest>(),
           [](const c::ListRuntimesResponse& response, Status* status) {
             for (const auto& one : response.runtimes()) {
               *AddWorkload("runtime/", one.name(), status)->mutable_runtime() = one;
             }
           });
  all->Ask(manager, containers, &Async::ListDatabases, WithPageSize<c::ListDatabasesRequest>(),
           [](const c::ListDatabasesResponse& response, Status* status) {
             for (const auto& one : response.databases()) {
               *AddWorkload("db/", one.id(), status)->mutable_database() = one;
             }
           });
  all->Ask(manager, containers, &Async::ListProjects, WithPageSize<c::ListProjectsRequest>(),
           [](const c::ListProjectsResponse& response, Status* status) {
             for (const auto& one : response.projects()) {
               *AddWorkload("project/", one.name(), status)->mutable_project() = one;
             }
           });
  all->Close();
}

}  // namespace mpd::gateway
