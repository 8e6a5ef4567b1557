#include "container-manager/reconcile/start_order.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mpd::containers {
namespace {

bool IsActive(api::State state) {
  return state == api::STATE_RUNNING || state == api::STATE_STARTING ||
         state == api::STATE_STOPPING || state == api::STATE_CREATING;
}

std::string WaitsFor(const Dependency& needed, const WorkloadList& all,
                     const std::set<WorkloadId>& begun) {
  const auto found = all.workloads.find(needed.id);
  if (found == all.workloads.end()) {
    return absl::StrCat("waits for ", needed.id.Key(), " to be set up");
  }
  const stored::Observed& observed = found->second.observed;
  if (observed.state() == api::STATE_RUNNING) return "";
  const bool failed = observed.state() == api::STATE_FAILED;
  const bool is_enough = needed.until == Dependency::Until::kStartBegun && !failed;
  if (is_enough && begun.count(needed.id) > 0) return "";
  return absl::StrCat("waits for ", needed.id.Key(),
                      failed ? absl::StrCat(": ", observed.status_message()) : "");
}

}  // namespace

std::vector<Dependency> StartOrder::DependenciesOf(const WorkloadRecord& record) const {
  const WorkloadKind* const kind = kinds_.Find(record.id);
  return kind == nullptr ? std::vector<Dependency>() : kind->DependsOn(record);
}

absl::Duration StartOrder::GraceOf(const WorkloadId& id) const {
  const WorkloadKind* const kind = kinds_.Find(id);
  return kind == nullptr ? absl::ZeroDuration() : kind->StopGrace();
}

std::vector<const WorkloadRecord*> StartOrder::DependentsOf(const WorkloadId& id) const {
  std::vector<const WorkloadRecord*> dependents;
  for (const auto& [other, record] : all_.workloads) {
    const std::vector<Dependency> needed = DependenciesOf(record);
    const bool depends = std::any_of(needed.begin(), needed.end(),
                                     [&id](const Dependency& one) { return one.id == id; });
    if (depends) dependents.push_back(&record);
  }
  return dependents;
}

std::string StartOrder::WaitsToStart(const WorkloadRecord& record,
                                     const std::set<WorkloadId>& begun) const {
  for (const Dependency& needed : DependenciesOf(record)) {
    std::string waits = WaitsFor(needed, all_, begun);
    if (!waits.empty()) return waits;
  }
  return "";
}

// A quarter of the budget at most is kept for those that stop last.
absl::Time StartOrder::DeadlineBefore(absl::Duration grace) const {
  return all_.environment.stop_time + budget_ - std::min(grace, budget_ / 4);
}

std::string StartOrder::WaitsToStop(const WorkloadRecord& record, absl::Time now) const {
  if (now >= DeadlineBefore(GraceOf(record.id))) return "";
  for (const WorkloadRecord* const dependent : DependentsOf(record.id)) {
    if (!IsActive(dependent->observed.state())) continue;
    return absl::StrCat("stops after ", dependent->id.Key());
  }
  return "";
}

absl::Duration StartOrder::TimeToStop(const WorkloadRecord& record, absl::Time now) const {
  const absl::Duration own = GraceOf(record.id);
  // A container still running after the budget was started by somebody else; it gets its kind's
  // full grace.
  const bool environment_stops = all_.environment.requested != api::REQUESTED_STATE_RUNNING &&
                                 now < all_.environment.stop_time + budget_;
  const std::vector<Dependency> needed = DependenciesOf(record);
  const bool stops_last = needed.empty() && !DependentsOf(record.id).empty();
  if (!environment_stops || stops_last) return own;
  absl::Duration last = absl::ZeroDuration();
  for (const Dependency& one : needed) last = std::max(last, GraceOf(one.id));
  return std::clamp(DeadlineBefore(last) - now, absl::ZeroDuration(), own);
}

}  // namespace mpd::containers
