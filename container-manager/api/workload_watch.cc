#include "container-manager/api/workload_watch.h"

#include <set>
#include <utility>

#include "common/base/status.h"
#include "container-manager/api/workload_view.h"
#include "container-manager/model/workload_errors.h"

namespace mpd::containers {
namespace {

// Events of the store read for one message.
constexpr int64_t kEventsAtOnce = 500;
// Revisions by which a reader may be behind. Beyond, a list is cheaper than the replay.
constexpr int64_t kMaxBehind = 20'000;

}  // namespace

WorkloadWatch::WorkloadWatch(const WorkloadStore* store, const WorkloadKinds* kinds,
                             const Zone* zone, int64_t start_revision, std::string store_id)
    : store_(store),
      kinds_(kinds),
      zone_(zone),
      asked_store_id_(start_revision == 0 ? "" : std::move(store_id)),
      phase_(start_revision == 0 ? Phase::kState : Phase::kChanges),
      next_revision_(start_revision) {}

void WorkloadWatch::Stamp(api::WatchWorkloadsResponse* message) const {
  message->set_revision(next_revision_ - 1);
  message->set_store_id(store_->store()->store_id());
}

void WorkloadWatch::Progress(api::WatchWorkloadsResponse* message) { Stamp(message); }

absl::StatusOr<bool> WorkloadWatch::Next(api::WatchWorkloadsResponse* message) {
  const std::string& store_id = store_->store()->store_id();
  if (!asked_store_id_.empty() && asked_store_id_ != store_id) {
    return WorkloadErrors::StoreRecreated(asked_store_id_, store_id);
  }
  switch (phase_) {
    case Phase::kState:
      RETURN_IF_ERROR(FillState(message));
      phase_ = Phase::kSynced;
      return true;
    case Phase::kSynced:
      message->set_synced(true);
      Stamp(message);
      phase_ = Phase::kChanges;
      return true;
    case Phase::kChanges:
      break;
  }
  return FillChanges(message);
}

absl::Status WorkloadWatch::FillState(api::WatchWorkloadsResponse* message) {
  ASSIGN_OR_RETURN(const WorkloadList list, store_->ReadAll());
  for (const auto& [id, record] : list.workloads) {
    if (kinds_->Find(id) == nullptr) continue;
    api::WorkloadEvent* const event = message->add_events();
    event->set_type(api::WorkloadEvent::TYPE_PUT);
    *event->mutable_workload() = WorkloadView(record, *kinds_, *zone_);
  }
  next_revision_ = list.revision + 1;
  Stamp(message);
  return absl::OkStatus();
}

// A workload is two records; both are read as of the batch's last revision, so that what is sent
// was true at one revision.
absl::StatusOr<bool> WorkloadWatch::FillChanges(api::WatchWorkloadsResponse* message) {
  const int64_t newest = store_->store()->revision();
  if (newest - next_revision_ > kMaxBehind) return WorkloadErrors::SlowReader(next_revision_ - 1);
  while (message->events_size() == 0) {
    ASSIGN_OR_RETURN(const EventBatch batch,
                     store_->store()->ReadEvents("", next_revision_, kEventsAtOnce));
    if (batch.events.empty()) {
      next_revision_ = batch.revision + 1;
      return false;
    }
    std::set<WorkloadId> changed;
    for (const StoreEvent& event : batch.events) {
      const auto id = WorkloadStore::WorkloadOfKey(event.kv.key);
      if (id && kinds_->Find(*id) != nullptr) changed.insert(*id);
    }
    for (const WorkloadId& id : changed) {
      ASSIGN_OR_RETURN(const WorkloadRecord record, store_->Read(id, batch.revision));
      api::WorkloadEvent* const event = message->add_events();
      event->set_type(record.exists() ? api::WorkloadEvent::TYPE_PUT
                                      : api::WorkloadEvent::TYPE_DELETE);
      *event->mutable_workload() = WorkloadView(record, *kinds_, *zone_);
    }
    next_revision_ = batch.revision + 1;
  }
  Stamp(message);
  return true;
}

}  // namespace mpd::containers
