#include "container-manager/model/workload_status.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/base/terminal_text.h"
#include "common/base/timestamps.h"

namespace mpd::containers {
namespace {

constexpr size_t kMaxMessage = 4096;

}  // namespace

void SetState(stored::Observed* observed, api::State state, absl::string_view message) {
  if (observed->state() != state) *observed->mutable_state_time() = ToTimestamp(absl::Now());
  observed->set_state(state);
  // Some of it is what a program in a container said.
  observed->set_status_message(Printable(CleanText(message), kMaxMessage));
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
