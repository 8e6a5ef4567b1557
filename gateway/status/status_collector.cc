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

namespace c = mpd::containers::v1;

using Containers = mpd::containers::v1::ContainerManagerService;
using Dnsd = mpd::dnsd::v1::DnsdControllerService;
using Ipam = mpd::ipam::v1::IpamService;
using Build = mpd::component::v1::ComponentService;
using mpd::gateway::v1::Component;
using mpd::gateway::v1::Status;

constexpr auto kPatience = std::chrono::seconds(1);
// The largest page of a List call. It is more workloads than one VM can run.
constexpr int kPageSize = 1000;

constexpr std::array<Backend, kBackendCount> kBackends = {Backend::kIpam, Backend::kDnsdController,
                                                          Backend::kContainerManager, Backend::kCa};

// Why the component is shown as not healthy, from the error of a call to it.
std::string Why(Backend backend, const absl::Status& error) {
  const std::string unit = absl::StrCat("mpd-", ComponentName(backend));
  switch (error.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StrCat("no answer within 1 s; look at: systemctl status ", unit);
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("not running; look at: systemctl status ", unit);
    default:
      return std::string(error.message());
  }
}

mpd::containers::v1::Workload* AddWorkload(absl::string_view kind, absl::string_view name,
                                           Status* status) {
  auto* workload = status->add_workloads();
  workload->set_workload(absl::StrCat(kind, name));
  return workload;
}

// Sorted by name, so that equal states give equal messages, in whatever order the replies came.
void Sort(Status* status) {
  std::sort(status->mutable_workloads()->begin(), status->mutable_workloads()->end(),
            [](const auto& a, const auto& b) { return a.workload() < b.workload(); });
}

// Collects the replies; after the last one it calls `done`.
class Collection : public std::enable_shared_from_this<Collection> {
 public:
  using Done = std::function<void(Status)>;

  Collection(Done done, std::string zone, const Component& own) : done_(std::move(done)) {
    status_.set_zone(std::move(zone));
    for (const Backend backend : kBackends) {
      status_.add_components()->set_name(std::string(ComponentName(backend)));
      status_.mutable_components(static_cast<int>(backend))->set_healthy(true);
    }
    *status_.add_components() = own;
  }

  // Makes a call. `merge(response, status)` puts its response into the status.
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

  // To be called after the last Ask, and by each reply. Calls `done` when no reply is missing.
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
  void Fail(Backend backend, const absl::Status& error) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    // A component of another version may lack a method. That does not make it unhealthy.
    if (absl::IsUnimplemented(error)) return;
    Component* component = status_.mutable_components(static_cast<int>(backend));
    component->set_healthy(false);
    if (component->error().empty()) component->set_error(Why(backend, error));
  }

  Mutex mutex_;
  int open_ ABSL_GUARDED_BY(mutex_) = 1;  // missing calls of Close
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

  void AskForBuilds(Collection* collection) const;
  void AskForPoolsAndDns(Collection* collection) const;
  void AskForEnvironment(Collection* collection) const;
  void AskForWorkloads(Collection* collection) const;

  std::unique_ptr<Ipam::Stub> ipam;
  std::unique_ptr<Dnsd::Stub> dnsd;
  std::unique_ptr<Containers::Stub> containers;
  std::array<std::unique_ptr<Build::Stub>, kBackendCount> builds;
};

void StatusCollector::Stubs::AskForBuilds(Collection* collection) const {
  for (const Backend backend : kBackends) {
    const auto index = static_cast<size_t>(backend);
    collection->Ask(backend, builds[index]->async(), &Build::Stub::async::GetBuild,
                    mpd::component::v1::GetBuildRequest(),
                    [index](const mpd::component::v1::GetBuildResponse& build, Status* status) {
                      Component* component = status->mutable_components(static_cast<int>(index));
                      component->set_version(build.version());
                      component->set_build(build.build());
                    });
  }
}

void StatusCollector::Stubs::AskForPoolsAndDns(Collection* collection) const {
  collection->Ask(Backend::kIpam, ipam->async(), &Ipam::Stub::async::ListPools,
                  WithPageSize<mpd::ipam::v1::ListPoolsRequest>(),
                  [](const mpd::ipam::v1::ListPoolsResponse& response, Status* status) {
                    *status->mutable_pools() = response.pools();
                  });
  collection->Ask(Backend::kDnsdController, dnsd->async(), &Dnsd::Stub::async::GetStatus,
                  mpd::dnsd::v1::GetStatusRequest(),
                  [](const mpd::dnsd::v1::Status& response, Status* status) {
                    *status->mutable_dns() = response;
                  });
}

void StatusCollector::Stubs::AskForEnvironment(Collection* collection) const {
  collection->Ask(Backend::kContainerManager, containers->async(),
                  &Containers::Stub::async::GetEnvironment, c::GetEnvironmentRequest(),
                  [](const c::Environment& response, Status* status) {
                    *status->mutable_environment() = response;
                  });
}

void StatusCollector::Stubs::AskForWorkloads(Collection* collection) const {
  using Async = class Containers::Stub::async;
  constexpr Backend kManager = Backend::kContainerManager;
  auto* stub = containers->async();
  collection->Ask(kManager, stub, &Async::ListServices, WithPageSize<c::ListServicesRequest>(),
                  [](const c::ListServicesResponse& response, Status* status) {
                    for (const auto& one : response.services()) {
                      *AddWorkload("service/", one.name(), status)->mutable_service() = one;
                    }
                  });
  collection->Ask(kManager, stub, &Async::ListRuntimes, WithPageSize<c::ListRuntimesRequest>(),
                  [](const c::ListRuntimesResponse& response, Status* status) {
                    for (const auto& one : response.runtimes()) {
                      *AddWorkload("runtime/", one.name(), status)->mutable_runtime() = one;
                    }
                  });
  collection->Ask(kManager, stub, &Async::ListDatabases, WithPageSize<c::ListDatabasesRequest>(),
                  [](const c::ListDatabasesResponse& response, Status* status) {
                    for (const auto& one : response.databases()) {
                      *AddWorkload("db/", one.id(), status)->mutable_database() = one;
                    }
                  });
  collection->Ask(kManager, stub, &Async::ListProjects, WithPageSize<c::ListProjectsRequest>(),
                  [](const c::ListProjectsResponse& response, Status* status) {
                    for (const auto& one : response.projects()) {
                      *AddWorkload("project/", one.name(), status)->mutable_project() = one;
                    }
                  });
}

StatusCollector::StatusCollector(const BackendChannels& channels, std::string zone, Component own)
    : stubs_(std::make_shared<Stubs>(channels)), zone_(std::move(zone)), own_(std::move(own)) {}

StatusCollector::~StatusCollector() = default;

void StatusCollector::Collect(std::function<void(Status)> done) const {
  const auto collection = std::make_shared<Collection>(std::move(done), zone_, own_);
  stubs_->AskForBuilds(collection.get());
  stubs_->AskForPoolsAndDns(collection.get());
  stubs_->AskForEnvironment(collection.get());
  stubs_->AskForWorkloads(collection.get());
  collection->Close();
}

}  // namespace mpd::gateway
