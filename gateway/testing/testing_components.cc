#include "gateway/testing/testing_components.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/grpc_client.h"
#include "common/rpc/grpc_status.h"

namespace mpd::gateway {
namespace {

namespace c = mpd::containers::v1;

constexpr std::chrono::milliseconds kGlance{50};

c::WorkloadEvent Event(c::WorkloadEvent::Type type, const c::Runtime& runtime) {
  c::WorkloadEvent event;
  event.set_type(type);
  event.mutable_workload()->set_workload("runtime/" + runtime.name());
  *event.mutable_workload()->mutable_runtime() = runtime;
  return event;
}

}  // namespace

void PlayedManager::Put(const std::string& name, const Scene& scene) {
  MutexLock lock(&mutex_);
  PutLocked(name, scene);
}

void PlayedManager::PutLocked(const std::string& name, const Scene& scene) {
  c::Runtime& runtime = runtimes_[name];
  runtime.set_name(name);
  c::WorkloadStatus* status = runtime.mutable_status();
  status->set_requested_state(c::REQUESTED_STATE_RUNNING);
  status->set_state(scene.state);
  status->set_status_message(scene.message);
  status->set_revision(++revision_);
  changed_.NotifyAll();
}

void PlayedManager::Remove(const std::string& name) {
  MutexLock lock(&mutex_);
  runtimes_.erase(name);
  ++revision_;
  changed_.NotifyAll();
}

void PlayedManager::SetStory(std::vector<Scene> story) {
  MutexLock lock(&mutex_);
  story_ = std::move(story);
}

void PlayedManager::SetEnvironment(const c::Environment& environment) {
  MutexLock lock(&mutex_);
  environment_ = environment;
}

void PlayedManager::BreakNextStream(const grpc::Status& error) {
  MutexLock lock(&mutex_);
  break_ = error;
}

void PlayedManager::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  changed_.NotifyAll();
}

int PlayedManager::creations() {
  MutexLock lock(&mutex_);
  return creations_;
}

std::vector<std::string> PlayedManager::request_ids() {
  MutexLock lock(&mutex_);
  return request_ids_;
}

grpc::Status PlayedManager::GetEnvironment(grpc::ServerContext*, const c::GetEnvironmentRequest*,
                                           c::Environment* response) {
  MutexLock lock(&mutex_);
  *response = environment_;
  return grpc::Status::OK;
}

grpc::Status PlayedManager::StartEnvironment(grpc::ServerContext*,
                                             const c::StartEnvironmentRequest*,
                                             c::Environment* response) {
  MutexLock lock(&mutex_);
  environment_.set_requested_state(c::REQUESTED_STATE_RUNNING);
  environment_.set_revision(revision_);
  *response = environment_;
  return grpc::Status::OK;
}

grpc::Status PlayedManager::CreateRuntime(grpc::ServerContext*,
                                          const c::CreateRuntimeRequest* request,
                                          c::Runtime* response) {
  MutexLock lock(&mutex_);
  ++creations_;
  request_ids_.push_back(request->request_id());
  if (runtimes_.count(request->name()) > 0) {
    return ToGrpcStatus(MakeError(absl::StatusCode::kAlreadyExists,
                                  absl::StrCat("runtime/", request->name(), " exists"),
                                  "WORKLOAD_EXISTS", {{"workload", request->name()}}));
  }
  PutLocked(request->name(), {c::STATE_CREATING, ""});
  hero_ = request->name();
  *response = runtimes_[hero_];
  return grpc::Status::OK;
}

grpc::Status PlayedManager::DeleteRuntime(grpc::ServerContext*,
                                          const c::DeleteRuntimeRequest* request,
                                          c::Runtime* response) {
  MutexLock lock(&mutex_);
  const auto found = runtimes_.find(request->name());
  if (found == runtimes_.end()) return {grpc::StatusCode::NOT_FOUND, "no such runtime"};
  *response = found->second;
  runtimes_.erase(found);
  ++revision_;
  changed_.NotifyAll();
  return grpc::Status::OK;
}

grpc::Status PlayedManager::ListServices(grpc::ServerContext*, const c::ListServicesRequest*,
                                         c::ListServicesResponse* response) {
  response->add_services()->set_name("dnsmasq");
  return grpc::Status::OK;
}

// A runtime a page.
grpc::Status PlayedManager::ListRuntimes(grpc::ServerContext*,
                                         const c::ListRuntimesRequest* request,
                                         c::ListRuntimesResponse* response) {
  MutexLock lock(&mutex_);
  auto it = runtimes_.upper_bound(request->page_token());
  if (it == runtimes_.end()) return grpc::Status::OK;
  *response->add_runtimes() = it->second;
  if (std::next(it) != runtimes_.end()) response->set_next_page_token(it->first);
  return grpc::Status::OK;
}

c::WatchWorkloadsResponse PlayedManager::Difference(const Runtimes& seen) {
  c::WatchWorkloadsResponse response;
  response.set_revision(revision_);
  for (const auto& [name, runtime] : runtimes_) {
    const auto known = seen.find(name);
    if (known != seen.end() && known->second.status().revision() == runtime.status().revision()) {
      continue;
    }
    *response.add_events() = Event(c::WorkloadEvent::TYPE_PUT, runtime);
  }
  for (const auto& [name, runtime] : seen) {
    if (runtimes_.count(name) > 0) continue;
    *response.add_events() = Event(c::WorkloadEvent::TYPE_DELETE, runtime);
  }
  return response;
}

grpc::Status PlayedManager::WatchWorkloads(grpc::ServerContext* context,
                                           const c::WatchWorkloadsRequest*,
                                           grpc::ServerWriter<c::WatchWorkloadsResponse>* writer) {
  Runtimes seen;
  bool synced = false;
  while (!context->IsCancelled()) {
    c::WatchWorkloadsResponse message;
    {
      MutexLock lock(&mutex_);
      message = Difference(seen);
      if (synced && message.events_size() == 0) {
        if (closed_) return grpc::Status::OK;
        if (!break_.ok()) return std::exchange(break_, grpc::Status::OK);
        if (!hero_.empty() && !story_.empty()) {
          PutLocked(hero_, story_.front());
          story_.erase(story_.begin());
        } else {
          // Cancelled calls wake nobody.
          changed_.WaitFor(&mutex_, kGlance);
        }
        continue;
      }
      seen = runtimes_;
      message.set_synced(!synced);
    }
    synced = true;
    if (!writer->Write(message)) break;
  }
  return grpc::Status::CANCELLED;
}

grpc::Status PlayedIpam::ListPools(grpc::ServerContext*, const mpd::ipam::v1::ListPoolsRequest*,
                                   mpd::ipam::v1::ListPoolsResponse* response) {
  auto* pool = response->add_pools();
  pool->set_name("runtimes");
  pool->set_capacity(155);
  pool->set_used(2);
  return grpc::Status::OK;
}

// Three leases in two pages.
grpc::Status PlayedIpam::ListLeases(grpc::ServerContext*,
                                    const mpd::ipam::v1::ListLeasesRequest* request,
                                    mpd::ipam::v1::ListLeasesResponse* response) {
  const auto add = [response](const std::string& owner, const std::string& address) {
    auto* lease = response->add_leases();
    lease->set_owner(owner);
    lease->set_pool("runtimes");
    lease->set_address(address);
  };
  if (request->page_token().empty()) {
    add("runtime/php", "10.163.0.100");
    add("runtime/node", "10.163.0.101");
    response->set_next_page_token("more");
  } else {
    add("runtime/util", "10.163.0.102");
  }
  return grpc::Status::OK;
}

grpc::Status PlayedDnsd::GetStatus(grpc::ServerContext*, const mpd::dnsd::v1::GetStatusRequest*,
                                   mpd::dnsd::v1::Status* response) {
  response->set_resolver("10.163.0.3:53");
  response->set_resolver_state(mpd::dnsd::v1::RESOLVER_STATE_SERVING);
  response->set_record_count(7);
  return grpc::Status::OK;
}

grpc::Status PlayedDnsd::Lookup(grpc::ServerContext*, const mpd::dnsd::v1::LookupRequest* request,
                                mpd::dnsd::v1::LookupResponse* response) {
  response->set_name(request->name());
  response->set_type("A");
  const bool missing = absl::StartsWith(request->name(), "missing.");
  response->set_rcode(missing ? "NXDOMAIN" : "NOERROR");
  if (!missing) response->add_answers("10.163.0.100");
  response->set_elapsed_us(250);
  return grpc::Status::OK;
}

grpc::Status PlayedBuild::GetBuild(grpc::ServerContext*, const mpd::component::v1::GetBuildRequest*,
                                   mpd::component::v1::GetBuildResponse* response) {
  response->set_version("9.8.7");
  return grpc::Status::OK;
}

PlayedComponents::PlayedComponents()
    : channels_{MakeLocalChannel(Socket(Backend::kIpam)),
                MakeLocalChannel(Socket(Backend::kDnsdController)),
                MakeLocalChannel(Socket(Backend::kContainerManager))} {}

PlayedComponents::~PlayedComponents() {
  manager_.Close();
  for (const Backend backend :
       {Backend::kIpam, Backend::kDnsdController, Backend::kContainerManager}) {
    Stop(backend);
  }
  if (hanging_ >= 0) close(hanging_);
}

std::string PlayedComponents::Socket(Backend backend) const {
  return absl::StrCat(folder_.path(), "/", ComponentName(backend), ".sock");
}

void PlayedComponents::Start(Backend backend) {
  grpc::Service* service = backend == Backend::kIpam ? static_cast<grpc::Service*>(&ipam_)
                           : backend == Backend::kDnsdController
                               ? static_cast<grpc::Service*>(&dnsd_)
                               : &manager_;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + Socket(backend), grpc::InsecureServerCredentials());
  builder.RegisterService(service);
  builder.RegisterService(&build_);
  auto& server = servers_[static_cast<size_t>(backend)];
  server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
}

void PlayedComponents::Stop(Backend backend) {
  auto& server = servers_[static_cast<size_t>(backend)];
  if (server == nullptr) return;
  server->Shutdown(std::chrono::system_clock::now());
  server->Wait();
  server.reset();
}

void PlayedComponents::Hang(Backend backend) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = Socket(backend);
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  hanging_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(hanging_, 0);
  ASSERT_EQ(bind(hanging_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(hanging_, 16), 0);
}

}  // namespace mpd::gateway
