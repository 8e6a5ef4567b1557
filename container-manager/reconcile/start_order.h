// Which workload waits for which: computed from what is stored and what the kinds depend on.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_START_ORDER_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_START_ORDER_H_

#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "container-manager/reconcile/workload_kind.h"

namespace mpd::containers {

// Looks at one record at one moment; all must outlive it. `all` holds the record's workload.
class StartOrder {
 public:
  // `budget` is the time that everything together has to end once the environment is stopped.
  StartOrder(const WorkloadKinds& kinds, const WorkloadList& all, absl::Duration budget)
      : kinds_(kinds), all_(all), budget_(budget) {}

  // What the workload waits for before it starts, as a message; empty where it need not wait.
  // `begun` are the workloads whose start has begun.
  std::string WaitsToStart(const WorkloadRecord& record, const std::set<WorkloadId>& begun) const;

  // What it waits for before it stops: those that depend on it and are not down yet, until the time
  // that is left to it is needed.
  std::string WaitsToStop(const WorkloadRecord& record, absl::Time now) const;

  // How long its container gets to end by itself: its kind's grace, or what is left of the budget.
  absl::Duration TimeToStop(const WorkloadRecord& record, absl::Time now) const;

 private:
  std::vector<Dependency> DependenciesOf(const WorkloadRecord& record) const;
  absl::Duration GraceOf(const WorkloadId& id) const;
  // By when those have ended that come before one that has this grace.
  absl::Time DeadlineBefore(absl::Duration grace) const;
  std::vector<const WorkloadRecord*> DependentsOf(const WorkloadId& id) const;

  const WorkloadKinds& kinds_;
  const WorkloadList& all_;
  const absl::Duration budget_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_START_ORDER_H_
