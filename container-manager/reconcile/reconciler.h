// Keeps what runs as it is wanted: one loop per workload, woken by whatever may have changed.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_H_

#include <memory>

#include "absl/time/time.h"
#include "container-manager/reconcile/workload_pass.h"

namespace mpd::containers {

struct ReconcilerTimes {
  // All containers are listed, and compared with what is known of them, as often as this.
  absl::Duration resync = absl::Seconds(30);
  // A settled workload is looked at in every respect after this, even when nothing happened.
  absl::Duration recheck = absl::Minutes(5);
  // One that was as wanted for so long begins its back-off anew.
  absl::Duration stable = absl::Seconds(30);
  // One that waits for another.
  absl::Duration waiting = absl::Milliseconds(500);
  // A failed one: doubling from the first to the last, with jitter.
  absl::Duration first_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(30);
  // Answers to repeated requests are kept for this long.
  absl::Duration keep_requests = absl::Hours(24);
};

// Made, started, stopped on the loop's thread, or while the loop does not run. What is on its way
// when it is destroyed ends with the loop, which must not run any more then.
class Reconciler {
 public:
  // What `parts` points to must outlive the loop's last run.
  Reconciler(const PassParts& parts, const ReconcilerTimes& times);
  ~Reconciler();

  // Makes the wishes that exist from the start (the services), and begins.
  void Start();
  // Begins nothing new.
  void Stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

// 100 ms, 200 ms, … up to the maximum: the delay after the `failures`th failure, without jitter.
absl::Duration BackoffAfter(int failures, const ReconcilerTimes& times);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_RECONCILER_H_
