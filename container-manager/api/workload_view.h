// The API's messages from what the store holds.
#ifndef MPD_CONTAINER_MANAGER_API_WORKLOAD_VIEW_H_
#define MPD_CONTAINER_MANAGER_API_WORKLOAD_VIEW_H_

#include <cstdint>

#include "common/types/names.h"
#include "container-manager/model/workload_store.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::containers {

api::Service ServiceView(const WorkloadRecord& record, const Zone& zone);
api::Runtime RuntimeView(const WorkloadRecord& record, const Zone& zone);
api::Database DatabaseView(const WorkloadRecord& record, const Zone& zone);
api::Workload WorkloadView(const WorkloadRecord& record, const Zone& zone);

// Computed from all workloads; its revision is the list's.
api::Environment EnvironmentView(const WorkloadList& list);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_API_WORKLOAD_VIEW_H_
