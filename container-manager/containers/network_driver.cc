#include "container-manager/containers/network_driver.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "container-manager/containers/container_errors.h"
#include "container-manager/containers/labels.h"
#include "container-manager/podman/podman_errors.h"
#include "container-manager/podman/podman_json.h"

namespace mpd::containers {
namespace {

// A container that has lost its network has no clients left to finish with.
constexpr absl::Duration kLostGrace = absl::Seconds(10);

std::string DifferenceOf(const NetworkSpec& found, const NetworkSpec& wanted) {
  std::vector<std::string> all;
  const auto compare = [&all](absl::string_view what, absl::string_view a, absl::string_view b) {
    if (a != b) all.push_back(absl::StrCat(what, " is ", a, " and not ", b));
  };
  compare("the subnet", found.subnet, wanted.subnet);
  compare("the gateway", found.gateway, wanted.gateway);
  compare("the bridge", found.interface, wanted.interface);
  if (found.dns_enabled != wanted.dns_enabled) all.push_back("Podman's own DNS is on");
  return absl::StrJoin(all, ", ");
}

}  // namespace

NetworkDriver::NetworkDriver(boost::asio::io_context* loop, PodmanInterface* podman,
                             HostBridges* bridges)
    : podman_(podman), bridges_(bridges), inspections_(loop), permit_(Semaphore::Make(loop, 1)) {}

Awaitable<absl::Status> NetworkDriver::Ensure(NetworkSpec wanted) {
  // Named: g++ 12 destroys a temporary that holds a string twice here.
  auto inspect = [this, name = wanted.name] { return podman_->InspectNetwork(name); };
  const auto seen = co_await inspections_.Get(wanted.name, std::move(inspect));
  if (seen.ok() && DifferenceOf(*seen, wanted).empty()) co_return absl::OkStatus();
  const Semaphore::Permit permit = co_await permit_->Acquire();
  const absl::Status checked = co_await Check(wanted);
  if (!absl::IsNotFound(checked)) co_return checked;
  absl::Status created = co_await podman_->CreateNetwork(wanted);
  if (!created.ok() && bridges_->Has(wanted.interface, wanted.gateway)) {
    const absl::Status freed = co_await FreeBridge(wanted);
    CO_RETURN_IF_ERROR(freed);
    created = co_await podman_->CreateNetwork(wanted);
  }
  CO_RETURN_IF_ERROR(created);
  LOG_INFO("NETWORK_CREATED", "The container network was made", {{"network", wanted.name}});
  co_return absl::OkStatus();
}

Awaitable<absl::Status> NetworkDriver::Check(NetworkSpec wanted) {
  const auto found = co_await podman_->InspectNetwork(wanted.name);
  CO_RETURN_IF_ERROR(found.status());
  const std::string difference = DifferenceOf(*found, wanted);
  if (difference.empty()) co_return absl::OkStatus();
  if (!IsManaged(found->labels)) {
    co_return ContainerErrors::NetworkDiffers(wanted.name, difference);
  }
  // Podman refuses to remove a network that a container uses.
  const absl::Status removed = co_await podman_->RemoveNetwork(wanted.name);
  if (!removed.ok() && !absl::IsNotFound(removed)) {
    co_return Annotate(ContainerErrors::NetworkDiffers(wanted.name, difference),
                       std::string(removed.message()));
  }
  LOG_INFO("NETWORK_REMOVED", "The container network differs and is recreated",
           {{"network", wanted.name}, {"difference", difference}});
  co_return absl::NotFoundError("removed");
}

// Somebody who removes the network with its containers, while one of those is being recreated,
// leaves that container on a bridge that Podman no longer knows and takes for somebody else's.
Awaitable<absl::Status> NetworkDriver::FreeBridge(NetworkSpec network) {
  LOG_WARNING("NETWORK_LOST",
              "The container network was removed and its bridge is still there; containers that "
              "are on it are stopped, and started on the network recreated",
              {{"network", network.name}, {"bridge", network.interface}});
  const auto ours = co_await podman_->ListContainers("label", absl::StrCat(kManagedLabel, "=true"));
  CO_RETURN_IF_ERROR(ours.status());
  for (const ContainerSummary& one : *ours) {
    if (!one.running || !IsNamedAsLabelled(one)) continue;
    const absl::Status stopped = co_await podman_->StopContainer(one.id, kLostGrace);
    CO_RETURN_IF_ERROR(stopped);
  }
  co_return bridges_->Remove(network.interface);
}

Awaitable<absl::Status> NetworkDriver::Reconnect(ContainerSpec spec, ContainerInfo container) {
  const auto found = container.networks.find(spec.network);
  const std::string found_at = found == container.networks.end() ? "" : found->second;
  LOG_WARNING("CONTAINER_MOVED", "A container is not at its address; it is connected again",
              {{"container", spec.name}, {"address", spec.address}, {"found_at", found_at}});
  if (found != container.networks.end()) {
    const absl::Status off = co_await podman_->DisconnectNetwork(spec.network, container.id);
    CO_RETURN_IF_ERROR(off);
  }
  const absl::Status on =
      co_await podman_->ConnectNetwork(spec.network, container.id, spec.address);
  const std::string holder = AddressHolder(on);
  if (holder.empty()) co_return on;
  co_return ContainerErrors::AddressHeld(spec.address, holder);
}

// A Podman that is killed while it connects a container leaves a network namespace that is in no
// record, connected and with the container's addresses: it answers in the container's stead. The
// caller has seen the sign of that, an address that the table holds for a container that does not
// run. The hardware address, which nobody else gives, proves that it is ours.
Awaitable<absl::Status> NetworkDriver::UnplugOrphans(ContainerSpec spec) {
  const auto network = co_await podman_->InspectNetwork(spec.network);
  CO_RETURN_IF_ERROR(network.status());
  const int unplugged = bridges_->Unplug(network->interface, HardwareAddressOf(spec.address));
  if (unplugged == 0) co_return absl::OkStatus();
  LOG_WARNING("ADDRESS_LEFT_BEHIND",
              "A network namespace that belongs to no container had a container's address; it was "
              "disconnected",
              {{"container", spec.name},
               {"address", spec.address},
               {"namespaces", absl::StrCat(unplugged)}});
  co_return absl::OkStatus();
}

// After an unclean end Podman's table may give the address to a container that is dead, and no call
// of Podman's takes a single entry out of it. But when a container is disconnected that runs and
// that the table does not know, Podman frees the address that stands in the container's own record
// (libnetwork/netavark/run.go, Teardown: it asks the table first, and passes over its silence); and
// Podman 4.3 leaves the address of a connection that failed in that record. So a start without the
// network, a connection that fails, and a disconnection free the address, and no other container
// notices.
Awaitable<absl::Status> NetworkDriver::StartAtHeldAddress(ContainerSpec spec,
                                                          std::string container) {
  const absl::Status unplugged = co_await UnplugOrphans(spec);
  CO_RETURN_IF_ERROR(unplugged);
  (void)co_await podman_->DisconnectNetwork(spec.network, container);
  const absl::Status alone = co_await podman_->StartContainer(container);
  CO_RETURN_IF_ERROR(alone);
  absl::Status connected = co_await podman_->ConnectNetwork(spec.network, container, spec.address);
  if (!connected.ok()) {
    (void)co_await podman_->DisconnectNetwork(spec.network, container);
    connected = co_await podman_->ConnectNetwork(spec.network, container, spec.address);
  }
  const std::string holder = AddressHolder(connected);
  if (holder.empty()) co_return connected;
  const absl::Status remade = co_await Remake(spec, holder);
  CO_RETURN_IF_ERROR(remade);
  co_return co_await podman_->ConnectNetwork(spec.network, container, spec.address);
}

// The address table goes with the network. Our containers are disconnected meanwhile and go on
// running; if this is cut off, the pass of each of them connects it again.
Awaitable<absl::Status> NetworkDriver::Remake(ContainerSpec spec, std::string holder) {
  const Semaphore::Permit permit = co_await permit_->Acquire();
  const auto network = co_await podman_->InspectNetwork(spec.network);
  CO_RETURN_IF_ERROR(network.status());
  if (!IsManaged(network->labels)) co_return ContainerErrors::AddressHeld(spec.address, holder);
  const auto users = co_await podman_->ListContainers("network", spec.network);
  CO_RETURN_IF_ERROR(users.status());
  for (const ContainerSummary& user : *users) {
    if (!IsNamedAsLabelled(user)) co_return ContainerErrors::AddressHeld(spec.address, holder);
  }
  for (const ContainerSummary& user : *users) {
    // Podman disconnects one that does not run too, and then calls that an error.
    (void)co_await podman_->DisconnectNetwork(spec.network, user.id);
  }
  absl::Status remade = co_await podman_->RemoveNetwork(spec.network);
  if (remade.ok()) remade = co_await podman_->CreateNetwork(*network);
  for (const ContainerSummary& user : *users) {
    const absl::Status connected =
        co_await podman_->ConnectNetwork(spec.network, user.id, user.labels.at(kAddressLabel));
    if (remade.ok() && user.running) remade = connected;
  }
  co_return remade;
}

}  // namespace mpd::containers
