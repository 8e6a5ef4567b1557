// Workloads as mpdctl shows them.
#ifndef MPD_GATEWAY_CTL_VIEW_WORKLOAD_VIEW_H_
#define MPD_GATEWAY_CTL_VIEW_WORKLOAD_VIEW_H_

#include <string>
#include <vector>

#include "gateway/ctl/view/table.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::gateway::ctl {

// The common part, whatever kind it is.
const mpd::containers::v1::WorkloadStatus& StatusOf(const mpd::containers::v1::Workload& workload);

// "RUNNING", without the enum's prefix.
std::string StateName(mpd::containers::v1::State state);
Cell StateCell(mpd::containers::v1::State state);

// WORKLOAD, WANTED, STATE, ADDRESS, HOSTNAMES, and MESSAGE where one has one.
Table WorkloadTable(const std::vector<mpd::containers::v1::Workload>& workloads);

mpd::containers::v1::Workload ToWorkload(const mpd::containers::v1::Runtime& runtime);
mpd::containers::v1::Workload ToWorkload(const mpd::containers::v1::Database& database);

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_VIEW_WORKLOAD_VIEW_H_
