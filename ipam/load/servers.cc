#include "ipam/load/servers.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "etcdserverpb/kv.grpc.pb.h"
#include "ipam/leases/lease_record.h"
#include "ipam/load/channel.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::ipam {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(30);

// Nearly all of a /12. No packet is ever sent to one of these addresses.
constexpr char kConfig[] = R"(
network { subnet: "10.16.0.0/12" }
pools { name: "services" first_offset: 3 last_offset: 3 fixed_only: true
        fixed { owner: "service/dnsmasq" offset: 3 } }
pools { name: "databases" first_offset: 4 last_offset: 1048574 }
release_cooldown { seconds: 0 }
)";

std::string OwnerOf(int64_t number) { return absl::StrCat("db/load-", number); }

std::string HostnameOf(int64_t number) { return absl::StrCat("load-", number, ".db"); }

class EchoService final : public v1::IpamService::CallbackService {
  grpc::ServerUnaryReactor* AllocateAddress(grpc::CallbackServerContext* context,
                                            const v1::AllocateAddressRequest* request,
                                            v1::Lease* response) override {
    response->set_owner(request->owner());
    response->set_pool(request->pool());
    *response->mutable_hostnames() = request->hostnames();
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

absl::StatusOr<RunningServer> Start(ChildProcess::Options options, std::string socket) {
  RunningServer server;
  ASSIGN_OR_RETURN(server.process, ChildProcess::Start(std::move(options)));
  RETURN_IF_ERROR(server.process->WaitForSocket(socket, kStartTimeout));
  server.channel = ConnectTo(socket);
  server.socket = std::move(socket);
  return server;
}

absl::Status MakeFolders(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(folder, ": ", error.message()));
}

// What has to live as long as a call is under way.
template <typename Request, typename Response>
struct Call {
  grpc::ClientContext context;
  Request request;
  Response response;
  std::function<void(bool)> done;
};

}  // namespace

absl::StatusOr<RunningServer> StartEcho(const Programs& programs, const std::string& folder) {
  const std::string socket = folder + "/echo.sock";
  return Start({.args = {programs.self, "serve-echo", socket},
                .environment = {},
                .folder = folder,
                .output = "echo.log"},
               socket);
}

absl::StatusOr<RunningServer> StartIpam(const Programs& programs, const std::string& folder) {
  RETURN_IF_ERROR(MakeFolders(folder + "/state/ipam"));
  RETURN_IF_ERROR(MakeFolders(folder + "/run"));
  const std::string config = folder + "/mpd.textproto";
  std::ofstream(config) << kConfig;
  return Start({.args = {programs.ipam},
                .environment = {absl::StrCat("MPD_STATE_ROOT=", folder, "/state"),
                                absl::StrCat("MPD_RUN_ROOT=", folder, "/run"),
                                absl::StrCat("MPD_CONFIG=", config)},
                .folder = folder,
                .output = "ipam.log"},
               folder + "/run/ipam.sock");
}

absl::StatusOr<RunningServer> StartEtcd(const Programs& programs, const std::string& folder) {
  RETURN_IF_ERROR(MakeFolders(folder));
  // etcd creates Unix sockets with these names in its working directory.
  const std::string clients = "unix://localhost:1";
  const std::string peers = "unix://localhost:2";
  return Start({.args = {programs.etcd, "--data-dir", folder + "/data", "--name", "load",
                         "--listen-client-urls", clients, "--advertise-client-urls", clients,
                         "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                         "--initial-cluster", absl::StrCat("load=", peers), "--log-level", "warn"},
                .environment = {},
                .folder = folder,
                .output = "etcd.log"},
               folder + "/localhost:1");
}

int ServeEcho(const std::string& socket) {
  EchoService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  server->Wait();
  return 0;
}

StartCall AllocateCall(std::shared_ptr<grpc::Channel> channel, bool with_request_id) {
  const std::shared_ptr<v1::IpamService::Stub> stub = v1::IpamService::NewStub(channel);
  return [stub, with_request_id](int64_t number, std::function<void(bool)> done) {
    auto* call = new Call<v1::AllocateAddressRequest, v1::Lease>;
    call->done = std::move(done);
    call->request.set_owner(OwnerOf(number));
    call->request.set_pool("databases");
    call->request.add_hostnames(HostnameOf(number));
    if (with_request_id) call->request.set_request_id(absl::StrCat("request-", number));
    stub->async()->AllocateAddress(
        &call->context, &call->request, &call->response, [call](const grpc::Status& status) {
          const std::unique_ptr<std::remove_pointer_t<decltype(call)>> owned(call);
          owned->done(status.ok());
        });
  };
}

StartCall PutCall(std::shared_ptr<grpc::Channel> channel) {
  const std::shared_ptr<etcdserverpb::KV::Stub> stub = etcdserverpb::KV::NewStub(channel);
  return [stub](int64_t number, std::function<void(bool)> done) {
    auto* call = new Call<etcdserverpb::PutRequest, etcdserverpb::PutResponse>;
    call->done = std::move(done);
    call->request.set_key(LeaseKey(OwnerOf(number)));
    Lease lease;
    lease.pool = "databases";
    lease.address = Ipv4Address(static_cast<uint32_t>(number));
    lease.hostnames = {HostnameOf(number)};
    lease.create_time = absl::Now();
    call->request.set_value(EncodeLease(lease));
    stub->async()->Put(&call->context, &call->request, &call->response,
                       [call](const grpc::Status& status) {
                         const std::unique_ptr<std::remove_pointer_t<decltype(call)>> owned(call);
                         owned->done(status.ok());
                       });
  };
}

}  // namespace mpd::ipam
