// Follows who the developer is and which keys let them in.
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_DEVELOPER_WATCH_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_DEVELOPER_WATCH_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "container-manager/host/developer.h"
#include "container-manager/kinds/container/container_deps.h"
#include "container-manager/reconcile/workload_kind.h"

namespace mpd::containers {

// Who the developer is, by the configuration and the files of the VM (host/developer.h).
absl::StatusOr<Developer> FindDeveloper(const ContainerDeps& deps);

// Reads the files each second, on the loop, and has all workloads of this type looked at again when
// they say something else. They are somebody else's, and so are the folders that they are in: a
// watch of files or folders could be led away from them by a rename. Ends with the waker.
void WatchDeveloper(const ContainerDeps& deps, std::string type,
                    std::weak_ptr<WorkloadWaker> waker);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_DEVELOPER_WATCH_H_
