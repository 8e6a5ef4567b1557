// mpd-container-manager: what should run (durable) and what does run (observed), by way of Podman.
#include <filesystem>

#include "common/base/status.h"
#include "common/daemon/daemon.h"
#include "common/probe/tcp_probes.h"
#include "common/store/open/open_store.h"
#include "common/watch/watch_reactor.h"
#include "container-manager/api/container_service.h"
#include "container-manager/kinds/registry.h"
#include "container-manager/peers/peer_clients.h"
#include "container-manager/podman/podman_client.h"
#include "container-manager/reconcile/reconciler.h"

namespace mpd::containers {
namespace {

Folders FoldersOf(const Daemon& daemon, const std::string& own) {
  const std::filesystem::path state_root = std::filesystem::path(own).parent_path();
  Folders folders;
  folders.state = own;
  folders.dnsmasq = (state_root / "dnsd-controller" / "dnsmasq").string();
  folders.caroot = daemon.ConfPath("caroot");
  folders.platform_env = daemon.ConfPath("platform.env");
  return folders;
}

absl::Status Run(Daemon& daemon) {
  ASSIGN_OR_RETURN(const std::string folder, daemon.StateFolder());
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store,
                   OpenStore("sqlite:" + folder + "/containers.db"));
  WorkloadStore workloads(store.get());
  PodmanClient podman(&daemon.loop(), daemon.podman_socket());
  KernelBridges bridges;
  KernelOrphanCleaner orphans;
  Drivers drivers(&daemon.loop(), &podman, &bridges, &orphans);
  TcpProbe probe(&daemon.loop());
  const auto leases = MakeLeaseClient(daemon.SocketPath("ipam"));
  const auto resolver = MakeResolverClient(&daemon.loop(), daemon.SocketPath("dnsd-controller"));

  ContainerDeps deps;
  deps.loop = &daemon.loop();
  deps.config = &daemon.config();
  deps.store = &workloads;
  deps.podman = &podman;
  deps.drivers = &drivers;
  deps.leases = leases.get();
  deps.resolver = resolver.get();
  deps.probe = &probe;
  deps.folders = FoldersOf(daemon, folder);
  const WorkloadKinds kinds = MakeKinds(deps);
  Reconciler reconciler({deps.loop, deps.config, deps.store, deps.podman, &kinds},
                        ReconcilerTimes());
  reconciler.Start();
  daemon.OnDrain([&reconciler] { reconciler.Stop(); });

  const Zone& zone = daemon.config().zone;
  WorkloadCommands commands(&daemon.loop(), &workloads, &kinds, &zone);
  LogReader logs(&daemon.loop(), &podman, &daemon.watches());
  ContainerService service(&workloads, &kinds, &commands, &logs, &zone, &daemon.watches());
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
