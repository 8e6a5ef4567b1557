// The state of a workload: put into its record, and shown by the API.
#ifndef MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_STATUS_H_
#define MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_STATUS_H_

#include "absl/strings/string_view.h"
#include "common/types/names.h"
#include "container-manager/model/workload_store.h"
#include "mpd/containers/v1/workload_status.pb.h"

namespace mpd::containers {

// The message when a workload would run if only the environment did.
inline constexpr char kEnvironmentStopped[] = "the environment is stopped; run mpdctl up";

// Sets state and message; state_time to now where the state is another.
// The message may hold what a program in a container said: what a terminal would obey is taken out.
void SetState(stored::Observed* observed, api::State state, absl::string_view message = "");

// What every kind's resource in the API has as its `status`.
api::WorkloadStatus StatusView(const WorkloadRecord& record, const Zone& zone);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_STATUS_H_
