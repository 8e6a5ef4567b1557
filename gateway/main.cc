// mpd-gateway: relays calls to the other components, and answers those about all of them.
#include <grpcpp/channel.h>
#include <grpcpp/generic/async_generic_service.h>

#include <utility>

#include "absl/status/status.h"
#include "common/daemon/build_info.h"
#include "common/daemon/daemon.h"
#include "common/rpc/grpc_1_51/callback_threads.h"
#include "common/rpc/grpc_client.h"
#include "common/watch/watch_reactor.h"
#include "gateway/api/gateway_service.h"
#include "gateway/identity/identity.h"
#include "gateway/relay/relay.h"
#include "gateway/status/backend_health.h"
#include "gateway/status/status_board.h"
#include "gateway/status/status_collector.h"

namespace mpd::gateway {
namespace {

mpd::gateway::v1::Component OwnEntry() {
  mpd::gateway::v1::Component own;
  own.set_name("gateway");
  own.set_version(std::string(BuildVersion()));
  own.set_build(std::string(BuildCommit()));
  own.set_healthy(true);
  return own;
}

absl::Status Run(Daemon& daemon) {
  const BackendChannels channels = {MakeLocalChannel(daemon.SocketPath("ipam")),
                                    MakeLocalChannel(daemon.SocketPath("dnsd-controller")),
                                    MakeLocalChannel(daemon.SocketPath("container-manager")),
                                    MakeLocalChannel(daemon.SocketPath("ca"))};
  const std::string& zone = daemon.config().zone.value();
  IdentitySources sources;
  sources.platform_env = daemon.ConfPath("platform.env");
  sources.tunnel_public_key = daemon.config().tunnel_public_key_file;
  const Identity identity(std::move(sources));
  const StatusCollector collector(channels, zone, OwnEntry());
  StatusBoard board(&daemon.loop(), channels, &collector, &daemon.watches());
  const auto service =
      MakeGatewayService(&identity, channels, &collector, &board, &daemon.watches());
  const auto relay = MakeRelay(channels, Caller::kLocal);
  daemon.AddService(service.get());
  daemon.SetGenericService(relay.get(), RelayedServices());
  const BackendHealth health(&daemon.loop(), channels,
                             [&daemon](const std::string& relayed, bool serving) {
                               daemon.SetRelayedServing(relayed, serving);
                             });
  return daemon.Serve();
}

}  // namespace
}  // namespace mpd::gateway

// Calls that are relayed are short, and each goes through both a server's and a client's callbacks:
// handed from thread to thread in between, a lone call takes 1.7 times as long.
int main(int argc, char** argv) {
  mpd::TakeCallsOnOneThread();
  return mpd::RunDaemon(argc, argv, "gateway", mpd::gateway::Run);
}
