// Keeps the container network as the configuration says, whatever was done to it.
#ifndef MPD_CONTAINER_MANAGER_CONTAINERS_NETWORK_DRIVER_H_
#define MPD_CONTAINER_MANAGER_CONTAINERS_NETWORK_DRIVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/async/semaphore.h"
#include "common/async/single_flight.h"
#include "container-manager/host/host_bridges.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

// Used on the loop's thread only. Touches nothing that is not labelled as ours. Every step may be
// cut off anywhere and done again.
class NetworkDriver {
 public:
  // All must outlive it.
  NetworkDriver(boost::asio::io_context* loop, PodmanInterface* podman, HostBridges* bridges);

  // The network is there and as in `wanted`. One of ours that differs is recreated where no
  // container uses it. Errors: FAILED_PRECONDITION (NETWORK_DIFFERS), Podman's own.
  Awaitable<absl::Status> Ensure(NetworkSpec wanted);

  // Connects the container at the spec's address, after it was disconnected where it is connected.
  // Errors: FAILED_PRECONDITION (ADDRESS_HELD) where Podman's address table gives the address to
  // another container.
  Awaitable<absl::Status> Reconnect(ContainerSpec spec, ContainerInfo container);

  // Starts and connects a container whose address Podman's table gives to one that does not run:
  // the table is made to forget that one, where nothing else helps by recreating the network.
  Awaitable<absl::Status> StartAtHeldAddress(ContainerSpec spec, std::string container);

 private:
  // NOT_FOUND: it is to be made.
  Awaitable<absl::Status> Check(NetworkSpec wanted);
  Awaitable<absl::Status> FreeBridge(NetworkSpec network);
  Awaitable<absl::Status> UnplugOrphans(ContainerSpec spec);
  Awaitable<absl::Status> Remake(ContainerSpec spec, std::string holder);

  PodmanInterface* const podman_;
  HostBridges* const bridges_;
  SingleFlight<absl::StatusOr<NetworkSpec>> inspections_;
  // One pass at a time makes the network.
  const std::shared_ptr<Semaphore> permit_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_CONTAINERS_NETWORK_DRIVER_H_
