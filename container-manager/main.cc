// mpd-container-manager: what should run (durable) and what does run (observed), by way of Podman.
#include <filesystem>

#include "common/base/status.h"
#include "common/daemon/daemon.h"
#include "common/probe/tcp_probes.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/watch/watch_reactor.h"
#include "container-manager/api/container_service.h"
#include "container-manager/peers/peer_clients.h"
#include "container-manager/podman/podman_client.h"
#include "container-manager/reconcile/reconciler.h"

namespace mpd::containers {
namespace {

absl::Status Run(Daemon& daemon) {
  ASSIGN_OR_RETURN(const std::string folder, daemon.StateFolder());
  SqliteStoreOptions options;
  options.path = folder + "/containers.db";
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, OpenSqliteStore(options));
  WorkloadStore workloads(store.get());
  WorkloadCommands calls(&daemon.loop(), &workloads, &daemon.config());

  PodmanClient podman(&daemon.loop(), daemon.podman_socket());
  KernelBridges bridges;
  KernelOrphanCleaner orphans;
  Drivers drivers(&daemon.loop(), &podman, &bridges, &orphans);
  TcpProbe probe(&daemon.loop());
  const auto leases = MakeLeaseClient(daemon.SocketPath("ipam"));
  const auto resolver = MakeResolverClient(&daemon.loop(), daemon.SocketPath("dnsd-controller"));

  const std::filesystem::path state_root = std::filesystem::path(folder).parent_path();
  PassParts parts;
  parts.loop = &daemon.loop();
  parts.config = &daemon.config();
  parts.store = &workloads;
  parts.podman = &podman;
  parts.drivers = &drivers;
  parts.leases = leases.get();
  parts.resolver = resolver.get();
  parts.probe = &probe;
  parts.folders.state = folder;
  parts.folders.dnsmasq = (state_root / "dnsd-controller" / "dnsmasq").string();
  parts.folders.caroot = daemon.ConfPath("caroot");
  parts.folders.platform_env = daemon.ConfPath("platform.env");
  Reconciler reconciler(parts, ReconcilerTimes());
  reconciler.Start();
  daemon.OnDrain([&reconciler] { reconciler.Stop(); });

  LogReader logs(&daemon.loop(), &podman, &daemon.watches());
  ContainerService service(&workloads, &calls, &logs, &daemon.config().zone, &daemon.watches());
  daemon.AddService(&service);
  const int64_t listener = store->Subscribe([&daemon](int64_t) { daemon.watches().Wake(); });
  const absl::Status served = daemon.Serve();
  store->Unsubscribe(listener);
  return served;
}

}  // namespace
}  // namespace mpd::containers

int main(int argc, char** argv) {
  return mpd::RunDaemon(argc, argv, "container-manager", mpd::containers::Run);
}
