// Renders workloads for mpdctl.
#ifndef MPD_GATEWAY_CTL_VIEW_WORKLOAD_VIEW_H_
#define MPD_GATEWAY_CTL_VIEW_WORKLOAD_VIEW_H_

#include <string>
#include <vector>

#include "gateway/ctl/view/table.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::gateway::ctl {

// The status that workloads of all kinds have.
const mpd::containers::v1::WorkloadStatus& StatusOf(const mpd::containers::v1::Workload& workload);

// The name of the state without the prefix of the enum, such as "RUNNING".
std::string StateName(mpd::containers::v1::State state);
Cell StateCell(mpd::containers::v1::State state);

// A table with the columns WORKLOAD, WANTED, STATE, ADDRESS, HOSTNAMES, and MESSAGE when one of
// them has a message.
Table WorkloadTable(const std::vector<mpd::containers::v1::Workload>& workloads);

mpd::containers::v1::Workload ToWorkload(const mpd::containers::v1::Runtime& runtime);
mpd::containers::v1::Workload ToWorkload(const mpd::containers::v1::Database& database);

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_VIEW_WORKLOAD_VIEW_H_
