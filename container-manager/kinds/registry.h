#ifndef MPD_CONTAINER_MANAGER_KINDS_REGISTRY_H_
#define MPD_CONTAINER_MANAGER_KINDS_REGISTRY_H_

#include "container-manager/kinds/container/container_deps.h"
#include "container-manager/reconcile/workload_kind.h"

namespace mpd::containers {

// All kinds of workloads.
WorkloadKinds MakeKinds(const ContainerDeps& deps);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_REGISTRY_H_
