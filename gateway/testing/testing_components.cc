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

constexpr std::chrono::milliseconds kRecheck{50};

c::WorkloadEvent Event(c::WorkloadEvent::Type type, const c::Runtime& runtime) {
  c::WorkloadEvent event;
  event.set_type(type);
  event.mutable_workload()->set_workload("runtime/" + runtime.name());
  *event.mutable_workload()->mutable_runtime() = runtime;
  return event;
}

}  // namespace

void FakeManager::Put(const std::string& name, const RuntimeState& state) {
  MutexLock lock(&mutex_);
  PutLocked(name, state);
}

void FakeManager::PutLocked(const std::string& name, const RuntimeState& state) {
  c::Runtime& runtime = runtimes_[name];
  runtime.set_name(name);
  c::WorkloadStatus* status = runtime.mutable_status();
  status->set_requested_state(c::REQUESTED_STATE_RUNNING);
  status->set_state(state.state);
  status->set_status_message(state.message);
  status->set_revision(++revision_);
  changed_.NotifyAll();
}

void FakeManager::Remove(const std::string& name) {
  MutexLock lock(&mutex_);
  runtimes_.erase(name);
  ++revision_;
  changed_.NotifyAll();
}

void FakeManager::SetStatesAfterCreate(std::vector<RuntimeState> states) {
  MutexLock lock(&mutex_);
  states_after_create_ = std::move(states);
}

void FakeManager::SetEnvironment(const c::Environment& environment) {
  MutexLock lock(&mutex_);
  environment_ = environment;
}

void FakeManager::BreakNextStream(const grpc::Status& error) {
  MutexLock lock(&mutex_);
  break_ = error;
}

void FakeManager::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  changed_.NotifyAll();
}

int FakeManager::creations() {
  MutexLock lock(&mutex_);
  return creations_;
}

std::vector<std::string> FakeManager::request_ids() {
  MutexLock lock(&mutex_);
  return request_ids_;
}

grpc::Status FakeManager::GetEnvironment(grpc::ServerContext*, const c::GetEnvironmentRequest*,
                                         c::Environment* response) {
  MutexLock lock(&mutex_);
  *response = environment_;
  return grpc::Status::OK;
}

grpc::Status FakeManager::StartEnvironment(grpc::ServerContext*, const c::StartEnvironmentRequest*,
                                           c::Environment* response) {
  MutexLock lock(&mutex_);
  environment_.set_requested_state(c::REQUESTED_STATE_RUNNING);
  environment_.set_revision(revision_);
  *response = environment_;
  return grpc::Status::OK;
}

grpc::Status FakeManager::CreateRuntime(grpc::ServerContext*,
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
  created_ = request->name();
  *response = runtimes_[created_];
  return grpc::Status::OK;
}

grpc::Status FakeManager::DeleteRuntime(grpc::ServerContext*,
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

grpc::Status FakeManager::ListServices(grpc::ServerContext*, const c::ListServicesRequest*,
                                       c::ListServicesResponse* response) {
  response->add_services()->set_name("dnsmasq");
  return grpc::Status::OK;
}

// Each page has one runtime.
grpc::Status FakeManager::ListRuntimes(grpc::ServerContext*, const c::ListRuntimesRequest* request,
                                       c::ListRuntimesResponse* response) {
  MutexLock lock(&mutex_);
  auto it = runtimes_.upper_bound(request->page_token());
  if (it == runtimes_.end()) return grpc::Status::OK;
  *response->add_runtimes() = it->second;
  if (std::next(it) != runtimes_.end()) response->set_next_page_token(it->first);
  return grpc::Status::OK;
}

c::WatchWorkloadsResponse FakeManager::Difference(const Runtimes& seen) {
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

grpc::Status FakeManager::StreamLogs(grpc::ServerContext*, const c::StreamLogsRequest*,
                                     grpc::ServerWriter<c::StreamLogsResponse>* writer) {
  c::StreamLogsResponse response;
  response.set_stream(c::StreamLogsResponse::STREAM_STDOUT);
  response.set_data("out \x1B[2Jone\n");
  writer->Write(response);
  response.set_stream(c::StreamLogsResponse::STREAM_STDERR);
  response.set_data("err \x1B[2Jtwo\n");
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status FakeManager::WatchWorkloads(grpc::ServerContext* context,
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
        if (!created_.empty() && !states_after_create_.empty()) {
          PutLocked(created_, states_after_create_.front());
          states_after_create_.erase(states_after_create_.begin());
        } else {
          // The cancellation of a call does not notify this thread, so it looks again after a
          // while.
          changed_.WaitFor(&mutex_, kRecheck);
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

grpc::Status FakeIpam::ListPools(grpc::ServerContext*, const mpd::ipam::v1::ListPoolsRequest*,
                                 mpd::ipam::v1::ListPoolsResponse* response) {
  auto* pool = response->add_pools();
  pool->set_name("runtimes");
  pool->set_capacity(155);
  pool->set_used(2);
  return grpc::Status::OK;
}

// Lists three leases on two pages.
grpc::Status FakeIpam::ListLeases(grpc::ServerContext*,
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

grpc::Status FakeDnsd::GetStatus(grpc::ServerContext*, const mpd::dnsd::v1::GetStatusRequest*,
                                 mpd::dnsd::v1::Status* response) {
  response->set_resolver("10.163.0.3:53");
  response->set_resolver_state(mpd::dnsd::v1::RESOLVER_STATE_SERVING);
  response->set_record_count(7);
  return grpc::Status::OK;
}

grpc::Status FakeDnsd::Lookup(grpc::ServerContext*, const mpd::dnsd::v1::LookupRequest* request,
                              mpd::dnsd::v1::LookupResponse* response) {
  response->set_name(request->name());
  response->set_type("A");
  const bool missing = absl::StartsWith(request->name(), "missing.");
  response->set_rcode(missing ? "NXDOMAIN" : "NOERROR");
  if (!missing) {
    mpd::dnsd::v1::Answer* const answer = response->add_answers();
    answer->set_name(request->name());
    answer->set_type("A");
    answer->set_value("10.163.0.100");
  }
  response->mutable_elapsed()->set_nanos(250'000);
  return grpc::Status::OK;
}

grpc::Status FakeCa::GetTrust(grpc::ServerContext*, const mpd::ca::v1::GetTrustRequest*,
                              mpd::ca::v1::Trust* response) {
  response->set_anchor_fingerprint("ab12");
  return grpc::Status::OK;
}

grpc::Status FakeCa::SignIdentity(grpc::ServerContext*,
                                  const mpd::ca::v1::SignIdentityRequest* request,
                                  mpd::ca::v1::SignIdentityResponse* response) {
  response->set_signature(absl::StrCat("signed by the CA: ", request->nonce()));
  response->set_signature_algorithm("ECDSA-SHA256");
  response->set_certificate("a certificate");
  return grpc::Status::OK;
}

grpc::Status FakeBuild::GetBuild(grpc::ServerContext*, const mpd::component::v1::GetBuildRequest*,
                                 mpd::component::v1::GetBuildResponse* response) {
  response->set_version("9.8.7");
  return grpc::Status::OK;
}

FakeComponents::FakeComponents()
    : channels_{MakeLocalChannel(Socket(Backend::kIpam)),
                MakeLocalChannel(Socket(Backend::kDnsdController)),
                MakeLocalChannel(Socket(Backend::kContainerManager)),
                MakeLocalChannel(Socket(Backend::kCa))} {}

FakeComponents::~FakeComponents() {
  manager_.Close();
  for (const Backend backend :
       {Backend::kIpam, Backend::kDnsdController, Backend::kContainerManager, Backend::kCa}) {
    Stop(backend);
  }
  if (hanging_ >= 0) close(hanging_);
}

std::string FakeComponents::Socket(Backend backend) const {
  return absl::StrCat(folder_.path(), "/", ComponentName(backend), ".sock");
}

void FakeComponents::Start(Backend backend) {
  const std::array<grpc::Service*, kBackendCount> services = {&ipam_, &dnsd_, &manager_, &ca_};
  grpc::Service* const service = services[static_cast<size_t>(backend)];
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + Socket(backend), grpc::InsecureServerCredentials());
  builder.RegisterService(service);
  builder.RegisterService(&build_);
  auto& server = servers_[static_cast<size_t>(backend)];
  server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
}

void FakeComponents::Stop(Backend backend) {
  auto& server = servers_[static_cast<size_t>(backend)];
  if (server == nullptr) return;
  server->Shutdown(std::chrono::system_clock::now());
  server->Wait();
  server.reset();
}

void FakeComponents::Hang(Backend backend) {
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
