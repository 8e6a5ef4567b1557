// Holds the current status, and the calls that wait for a revision to be published.
#ifndef MPD_DNSD_CONTROLLER_CONTROL_STATUS_BOARD_H_
#define MPD_DNSD_CONTROLLER_CONTROL_STATUS_BOARD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "mpd/dnsd/v1/dnsd.pb.h"

namespace mpd::dnsd {

// Thread-safe.
class StatusBoard {
 public:
  // The number of calls that may wait at the same time.
  static constexpr size_t kMaxWaiters = 10000;

  // A lease revision, and which ipam store it counts in.
  struct Published {
    int64_t revision = 0;
    std::string store_id;
  };
  // Gets what is published, or the reason why the wait ends without it. Called once, on any thread,
  // possibly from within Wait, and without a lock held.
  using Done = std::function<void(absl::StatusOr<Published>)>;

  // `on_change` is called after each change of the status, without a lock held.
  explicit StatusBoard(std::function<void()> on_change) : on_change_(std::move(on_change)) {}

  // Sets the status and ends the waits that it decides. `live`: the status follows ipam's current
  // leases, so a revision of any other store will never be published. `passed_barrier`: see
  // ResolverProber::passed_barrier.
  void Set(const v1::Status& status, bool live, int64_t passed_barrier = 0);

  v1::Status Get() const;
  // Increases with each change of the status.
  int64_t version() const;
  // The status together with its version.
  std::pair<v1::Status, int64_t> GetVersioned() const;

  // A new barrier, higher than all before. A caller that waits with it gets no result before the
  // resolver has answered a question that was sent after the barrier was given to
  // ZoneController::Expedite. So a resolver that answered once, but may be down by now, is not
  // taken to serve the revision.
  int64_t NewBarrier();
  // Waits until `revision` of the store `store_id` (empty: of any store) is published and the
  // barrier is passed (0: there is none). Returns an id for Cancel.
  int64_t Wait(int64_t revision, const std::string& store_id, Done done, int64_t barrier = 0);
  // Returns true when the call was still waiting; its `done` is then never called.
  bool Cancel(int64_t waiter);

  // Ends all waits with this error, and every later one at once.
  void Drain(const absl::Status& reason);

 private:
  struct Waiter {
    int64_t revision = 0;
    std::string store_id;
    Done done;
    int64_t barrier = 0;
  };
  // The result of the wait, or nothing while it has to go on.
  std::optional<absl::StatusOr<Published>> Result(const Waiter& waiter) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::function<void()> on_change_;
  mutable Mutex mutex_;
  v1::Status status_ ABSL_GUARDED_BY(mutex_);
  bool live_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_barrier_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t passed_barrier_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status drained_ ABSL_GUARDED_BY(mutex_);
  int64_t last_waiter_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_CONTROL_STATUS_BOARD_H_
