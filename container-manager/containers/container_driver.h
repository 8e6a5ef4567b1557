// Brings one container to the state that a spec describes, whatever was done to it. Every step may
// be cut off anywhere and done again.
#ifndef MPD_CONTAINER_MANAGER_CONTAINERS_CONTAINER_DRIVER_H_
#define MPD_CONTAINER_MANAGER_CONTAINERS_CONTAINER_DRIVER_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "container-manager/containers/network_driver.h"
#include "container-manager/host/orphan_cleaner.h"
#include "container-manager/model/workload.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

// Used on the loop's thread only. Touches nothing that is not labelled as ours.
class ContainerDriver {
 public:
  // All must outlive it.
  ContainerDriver(PodmanInterface* podman, OrphanCleaner* orphans, NetworkDriver* network)
      : podman_(podman), orphans_(orphans), network_(network) {}

  // The workload's container; nullopt where there is none. `known_id` is that of the container that
  // was last seen: one that somebody renamed is found by it, and gets its name back. Where Podman
  // does not know that id any more, nothing of that container runs afterwards. Errors:
  // FAILED_PRECONDITION (FOREIGN_CONTAINER) where the name is taken by one that is not ours.
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
  // The container by its known id, where it is not under its name; named back.
  Awaitable<absl::StatusOr<ContainerInfo>> FindRenamed(WorkloadId id, std::string known_id,
                                                       absl::StatusOr<ContainerInfo> named);
  void EndOrphans(const std::string& container_id);
  Awaitable<absl::StatusOr<ContainerInfo>> Create(WorkloadId id, ContainerSpec spec);
  Awaitable<void> RemoveHalfMade(absl::Status refused, std::string name);
  Awaitable<absl::Status> StartConnected(ContainerSpec spec, ContainerInfo container);
  Awaitable<absl::Status> Start(ContainerSpec spec, std::string container);
  Awaitable<absl::Status> EndCutOffStart(ContainerSpec spec, std::string container);

  PodmanInterface* const podman_;
  OrphanCleaner* const orphans_;
  NetworkDriver* const network_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_CONTAINERS_CONTAINER_DRIVER_H_
