#ifndef MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_TIMES_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_TIMES_H_

#include <algorithm>

#include "absl/time/time.h"

namespace mpd::containers {

struct ReconcilerTimes {
  // All containers are listed, and compared with what is known of them, as often as this.
  absl::Duration resync = absl::Seconds(30);
  // A settled workload is looked at in every respect after this, even when nothing happened.
  absl::Duration recheck = absl::Minutes(5);
  // One that was as wanted for so long starts its back-off over.
  absl::Duration stable = absl::Seconds(30);
  // One that waits for another looks again after this.
  absl::Duration waiting = absl::Milliseconds(500);
  // A failed one: doubling from the first to the last, with jitter.
  absl::Duration first_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(30);
  // Answers to repeated requests are kept for this long.
  absl::Duration keep_requests = absl::Hours(24);
};

// 100 ms, 200 ms, … up to the maximum: the delay after the `failures`th failure, without jitter.
inline absl::Duration BackoffAfter(int failures, const ReconcilerTimes& times) {
  const int doublings = std::clamp(failures - 1, 0, 20);
  return std::min(times.first_backoff * (int64_t{1} << doublings), times.max_backoff);
}

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_TIMES_H_
