// What the reconciler works with.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_DEPS_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_DEPS_H_

#include "common/config/config.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/podman/podman_interface.h"
#include "container-manager/reconcile/workload_kind.h"

namespace mpd::containers {

// All must outlive the loop's last run.
struct ReconcilerDeps {
  boost::asio::io_context* loop = nullptr;
  const Config* config = nullptr;
  WorkloadStore* store = nullptr;
  PodmanInterface* podman = nullptr;
  const WorkloadKinds* kinds = nullptr;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_DEPS_H_
