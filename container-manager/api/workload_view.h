// The API's messages that are of all kinds, from what the store holds.
#ifndef MPD_CONTAINER_MANAGER_API_WORKLOAD_VIEW_H_
#define MPD_CONTAINER_MANAGER_API_WORKLOAD_VIEW_H_

#include "common/types/names.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/reconcile/workload_kind.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::containers {

// With its key alone where no kind is responsible for it.
api::Workload WorkloadView(const WorkloadRecord& record, const WorkloadKinds& kinds,
                           const Zone& zone);

// Computed from all workloads, in the order of the kinds; its revision is the list's.
api::Environment EnvironmentView(const WorkloadList& list, const WorkloadKinds& kinds);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_API_WORKLOAD_VIEW_H_
