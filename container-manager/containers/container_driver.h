// Brings one container, and what it needs of Podman, to the state that a spec describes. Every
// step may be cut off anywhere and done again.
#ifndef MPD_CONTAINER_MANAGER_CONTAINERS_CONTAINER_DRIVER_H_
#define MPD_CONTAINER_MANAGER_CONTAINERS_CONTAINER_DRIVER_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/async/semaphore.h"
#include "common/async/single_flight.h"
#include "container-manager/host/host_bridges.h"
#include "container-manager/host/orphan_cleaner.h"
#include "container-manager/model/workload.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

// Used on the loop's thread only. Touches nothing that is not labelled as ours.
class ContainerDriver {
 public:
  // All must outlive it.
  ContainerDriver(boost::asio::io_context* loop, PodmanInterface* podman, HostBridges* bridges,
                  OrphanCleaner* leftovers);

  // The network as in `wanted`. One of ours that differs is made anew where no container uses it.
  Awaitable<absl::Status> EnsureNetwork(NetworkSpec wanted);

  // The volume, with its folder. Where Podman has lost the folder, and with it all that was in it,
  // it is made anew, and so are the containers that have it and whose ids are of `our_ids`.
  using OurIds = std::function<absl::StatusOr<std::set<std::string>>()>;
  Awaitable<absl::Status> EnsureDataVolume(OurIds our_ids);
  // The runtime's own. `expected`: it should be there. Error: somebody else's volume has its name.
  Awaitable<absl::Status> EnsureHomeVolume(WorkloadId runtime, bool expected);
  // One that is somebody else's is left alone.
  Awaitable<absl::Status> RemoveHomeVolume(WorkloadId runtime);

  // The workload's container; nullopt where there is none. An error where the name is taken by
  // one that is not ours. One that somebody renamed is known by its id, where it has `known_id`,
  // and gets its name back. Where Podman does not know that id any more, nothing of it runs
  // afterwards.
  Awaitable<absl::StatusOr<std::optional<ContainerInfo>>> Find(WorkloadId id, std::string known_id);

  // There, and made from exactly this spec; `found` is what Find gave. `on_create` is called before
  // one is made. Of a new one only id and name are filled in.
  Awaitable<absl::StatusOr<ContainerInfo>> EnsureCreated(WorkloadId id,
                                                         std::optional<ContainerInfo> found,
                                                         ContainerSpec spec,
                                                         std::function<void()> on_create);
  // Running at its address. One whose start Podman was cut off from, and whose processes Podman
  // therefore cannot start again, is stopped gracefully and started; what is written in it is kept.
  Awaitable<absl::StatusOr<ContainerInfo>> EnsureStarted(ContainerSpec spec,
                                                         ContainerInfo container);

  // Nothing of it runs afterwards. Gone already is success.
  Awaitable<absl::Status> Remove(std::string container_id);

  // The end of what it printed, in one line, for a message.
  Awaitable<std::string> LastLines(std::string container);

 private:
  Awaitable<absl::Status> CheckNetwork(NetworkSpec wanted);
  // NOT_FOUND: it is to be made. ABORTED: it is to be made anew.
  Awaitable<absl::Status> CheckDataVolume();
  // NOT_FOUND: there is none.
  Awaitable<absl::Status> CheckHomeVolume(WorkloadId runtime);
  Awaitable<absl::Status> ClearDataVolume(OurIds our_ids);
  void EndLeftovers(const std::string& container_id);
  Awaitable<absl::Status> FreeBridge(NetworkSpec network);
  Awaitable<absl::StatusOr<ContainerInfo>> CreateAnew(WorkloadId id, ContainerSpec spec);
  Awaitable<void> RemoveHalfMade(absl::Status refused, std::string name);
  Awaitable<absl::Status> Start(ContainerSpec spec, std::string container);
  Awaitable<absl::Status> EndCutOffStart(ContainerSpec spec, std::string container);
  Awaitable<absl::Status> Reconnect(ContainerSpec spec, ContainerInfo container);
  Awaitable<absl::Status> UnplugLeftovers(ContainerSpec spec);
  Awaitable<absl::Status> StartAtHeldAddress(ContainerSpec spec, std::string container);
  Awaitable<absl::Status> RemakeNetwork(ContainerSpec spec, std::string holder);

  PodmanInterface* const podman_;
  HostBridges* const bridges_;
  OrphanCleaner* const leftovers_;
  SingleFlight<absl::StatusOr<NetworkSpec>> network_looks_;
  SingleFlight<absl::Status> volume_looks_;
  const std::shared_ptr<Semaphore> network_permit_;  // one at a time makes the network
  const std::shared_ptr<Semaphore> volume_permit_;   // and the volume
};

// The id in Podman's "requested ip address … is already allocated to container ID …"; empty where
// the error is another.
std::string AddressHolder(const absl::Status& error);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_CONTAINERS_CONTAINER_DRIVER_H_
