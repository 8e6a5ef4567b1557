// The status as it stands, and everybody who waits for a part of it. Thread-safe.
#ifndef MPD_DNSD_CONTROLLER_CONTROL_STATUS_BOARD_H_
#define MPD_DNSD_CONTROLLER_CONTROL_STATUS_BOARD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "mpd/dnsd/v1/dnsd.pb.h"

namespace mpd::dnsd {

class StatusBoard {
 public:
  // How many may wait at once.
  static constexpr size_t kMaxWaiters = 10000;

  // With the published revision, or why it will never come. May be called by any thread, from
  // within Wait too, with no lock held.
  using Done = std::function<void(absl::StatusOr<int64_t>)>;

  // `on_change` is called after each change, with no lock held.
  explicit StatusBoard(std::function<void()> on_change) : on_change_(std::move(on_change)) {}

  // `live`: the leases are known as they are now, so a store other than the status's is a past one.
  // `dispelled`: the highest doubt since which the resolver has answered.
  void Set(const v1::Status& status, bool live, int64_t dispelled = 0);

  v1::Status Get() const;
  // Rises with each change.
  int64_t version() const;
  // The status, and the version that it is of.
  std::pair<v1::Status, int64_t> GetVersioned() const;

  // A number for a doubt whether what was heard of the resolver still holds, higher than all
  // before.
  int64_t NewDoubt();
  // Until `revision` of `store_id` (empty: of whatever store) is published, and the doubt dispelled
  // (0: there is none). Returns a number for Cancel.
  int64_t Wait(int64_t revision, const std::string& store_id, Done done, int64_t doubt = 0);
  // True when the waiter was still there: it is not called any more.
  bool Cancel(int64_t waiter);

  // Ends all waits, now and later, with this error.
  void Drain(const absl::Status& reason);

 private:
  struct Waiter {
    int64_t revision = 0;
    std::string store_id;
    Done done;
    int64_t doubt = 0;
  };
  // Unset while it has to wait on: an absl::StatusOr can't say so.
  bool Decide(const Waiter& waiter, absl::StatusOr<int64_t>* result) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::function<void()> on_change_;
  mutable Mutex mutex_;
  v1::Status status_ ABSL_GUARDED_BY(mutex_);
  bool live_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_doubt_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t dispelled_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status drained_ ABSL_GUARDED_BY(mutex_);
  int64_t last_waiter_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_CONTROL_STATUS_BOARD_H_
