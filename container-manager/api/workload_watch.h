// WatchWorkloads: the state, then the store's log from there on, joined into whole workloads.
#ifndef MPD_CONTAINER_MANAGER_API_WORKLOAD_WATCH_H_
#define MPD_CONTAINER_MANAGER_API_WORKLOAD_WATCH_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/types/names.h"
#include "common/watch/watch_reactor.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/reconcile/workload_kind.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::containers {

class WorkloadWatch : public WatchSource<api::WatchWorkloadsResponse> {
 public:
  // `store`, `kinds` and `zone` must outlive it.
  WorkloadWatch(const WorkloadStore* store, const WorkloadKinds* kinds, const Zone* zone,
                int64_t start_revision, std::string store_id);

  absl::StatusOr<bool> Next(api::WatchWorkloadsResponse* message) override;
  void Progress(api::WatchWorkloadsResponse* message) override;

 private:
  enum class Phase { kState, kSynced, kChanges };

  absl::Status FillState(api::WatchWorkloadsResponse* message);
  absl::StatusOr<bool> FillChanges(api::WatchWorkloadsResponse* message);
  void Stamp(api::WatchWorkloadsResponse* message) const;

  const WorkloadStore* const store_;
  const WorkloadKinds* const kinds_;
  const Zone* const zone_;
  const std::string asked_store_id_;
  Phase phase_;
  int64_t next_revision_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_API_WORKLOAD_WATCH_H_
