// What is wanted and what was seen, in the revisioned store, under keys of their own.
#ifndef MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_STORE_H_
#define MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "container-manager/model/workload.h"
#include "mpd/containers/state/v1/state.pb.h"

namespace mpd::containers {

namespace stored = ::mpd::containers::state::v1;
namespace api = ::mpd::containers::v1;

// One workload as it was at one revision.
struct WorkloadRecord {
  WorkloadId id;
  stored::Wish wish;
  stored::Observed observed;
  // mod_revision of either; 0 = there is none.
  int64_t wish_revision = 0;
  int64_t observed_revision = 0;
  // Which store these revisions count in.
  std::string store_id;

  bool exists() const { return wish_revision > 0; }
  bool being_deleted() const { return wish.has_delete_time(); }
  // By its own wish; the environment's is another question.
  bool wanted() const {
    return !being_deleted() && wish.requested_state() == api::REQUESTED_STATE_RUNNING;
  }
};

struct EnvironmentRecord {
  // STOPPED until somebody asked for more.
  api::RequestedState requested = api::REQUESTED_STATE_STOPPED;
  // When it was last asked to stop.
  absl::Time stop_time = absl::InfinitePast();
  int64_t revision = 0;
};

// Everything, true at one revision.
struct WorkloadList {
  EnvironmentRecord environment;
  std::map<WorkloadId, WorkloadRecord> workloads;
  int64_t revision = 0;
  std::string store_id;
};

struct AnsweredRecord {
  stored::AnsweredRequest answered;
  int64_t revision = 0;  // of the transaction that it was part of
};

// Thread-safe. Reads take the time of a read from the page cache.
class WorkloadStore {
 public:
  // `store` must outlive it.
  explicit WorkloadStore(Store* store) : store_(store) {}

  // `revision` 0 = now. A workload that does not exist is a record of which exists() is false.
  absl::StatusOr<WorkloadRecord> Read(const WorkloadId& id, int64_t revision = 0) const;
  absl::StatusOr<EnvironmentRecord> ReadEnvironment(int64_t revision = 0) const;
  absl::StatusOr<WorkloadList> ReadAll(int64_t revision = 0) const;
  absl::StatusOr<std::optional<AnsweredRecord>> ReadRequest(const std::string& request_id) const;

  // Writes what was seen, provided that the wish is still the one the record was read with: what
  // was seen on the way to another wish says nothing about this one. Not succeeded otherwise.
  void CommitObserved(const WorkloadRecord& record, CommitCallback done);
  // Ends a deletion: wish and status go together, under the same condition.
  void CommitGone(const WorkloadRecord& record, CommitCallback done);

  // Forgets answers given before `before`.
  void ForgetRequests(absl::Time before, CommitCallback done);

  Store* store() const { return store_; }

  static std::string WishKey(const WorkloadId& id);
  static std::string ObservedKey(const WorkloadId& id);
  static std::string RequestKey(const std::string& request_id);
  static constexpr char kEnvironmentKey[] = "environment";
  // The workload that a key of the store is about; nullopt where it is about none.
  static std::optional<WorkloadId> WorkloadOfKey(const std::string& key);

 private:
  absl::StatusOr<std::optional<KeyValue>> ReadKey(const std::string& key, int64_t revision) const;

  Store* const store_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_STORE_H_
