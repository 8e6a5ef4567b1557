#include "container-manager/model/workload_status.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/timestamps.h"

namespace mpd::containers {

void SetState(stored::Observed* observed, api::State state, std::string message) {
  if (observed->state() != state) *observed->mutable_state_time() = ToTimestamp(absl::Now());
  observed->set_state(state);
  observed->set_status_message(std::move(message));
}

api::WorkloadStatus StatusView(const WorkloadRecord& record, const Zone& zone) {
  const stored::Observed& observed = record.observed;
  api::WorkloadStatus status;
  status.set_requested_state(record.wish.requested_state());
  status.set_state(observed.state() == api::STATE_UNSPECIFIED ? api::STATE_MISSING
                                                              : observed.state());
  status.set_status_message(observed.status_message());
  if (observed.has_state_time()) *status.mutable_state_time() = observed.state_time();
  status.set_address(observed.address());
  for (const std::string& relative : observed.hostnames()) {
    const auto hostname = Hostname::Parse(relative);
    if (hostname.ok()) status.add_hostnames(FullyQualified(*hostname, zone));
  }
  status.set_container_id(observed.container_id());
  status.set_revision(std::max(record.wish_revision, record.observed_revision));
  status.set_store_id(record.store_id);
  if (record.wish.has_delete_time()) *status.mutable_delete_time() = record.wish.delete_time();
  return status;
}

}  // namespace mpd::containers
