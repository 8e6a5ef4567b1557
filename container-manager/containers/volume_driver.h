// Keeps the volumes of our containers there, and removes none but our own.
#ifndef MPD_CONTAINER_MANAGER_CONTAINERS_VOLUME_DRIVER_H_
#define MPD_CONTAINER_MANAGER_CONTAINERS_VOLUME_DRIVER_H_

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/async/semaphore.h"
#include "common/async/single_flight.h"
#include "container-manager/containers/container_driver.h"
#include "container-manager/host/orphan_cleaner.h"
#include "container-manager/model/workload.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

// The one that every container has.
inline constexpr char kDataVolume[] = "mpd-data-volume";

// Used on the loop's thread only. Every step may be cut off anywhere and done again.
class VolumeDriver {
 public:
  // All must outlive it.
  VolumeDriver(boost::asio::io_context* loop, PodmanInterface* podman, OrphanCleaner* orphans,
               ContainerDriver* containers);

  // The data volume is there, with its folder. Where Podman has lost the folder, and with it all
  // that was in it, the volume is recreated, and so are the containers that have it and whose ids
  // are of `our_ids`. Errors: FAILED_PRECONDITION (VOLUME_LOST) where others have it too.
  using OurIds = std::function<absl::StatusOr<std::set<std::string>>()>;
  Awaitable<absl::Status> EnsureData(OurIds our_ids);

  // The volume is there, labelled as the workload's own. `expected`: it was made before. Errors:
  // FAILED_PRECONDITION (FOREIGN_VOLUME) where somebody else's has its name.
  Awaitable<absl::Status> EnsureOwn(std::string name, WorkloadId owner, bool expected);
  // Removes the volume with all that is in it. One that is not the workload's own is left alone;
  // gone already is success.
  Awaitable<absl::Status> RemoveOwn(std::string name, WorkloadId owner);

 private:
  // NOT_FOUND: it is to be made. ABORTED: it is to be recreated.
  Awaitable<absl::Status> CheckData();
  Awaitable<absl::Status> ClearData(OurIds our_ids);
  // NOT_FOUND: there is none.
  Awaitable<absl::Status> CheckOwn(std::string name, WorkloadId owner);

  PodmanInterface* const podman_;
  OrphanCleaner* const orphans_;
  ContainerDriver* const containers_;
  SingleFlight<absl::Status> checks_;
  // One pass at a time makes the data volume.
  const std::shared_ptr<Semaphore> permit_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_CONTAINERS_VOLUME_DRIVER_H_
