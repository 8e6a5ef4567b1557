// The loop of one workload: passes, and the pauses between them.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_LOOP_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_LOOP_H_

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <random>
#include <utility>

#include "container-manager/reconcile/reconciler.h"

namespace mpd::containers {

enum class WakeReason {
  kWish,      // what is wanted changed: at once, whatever is under way
  kRecovery,  // Podman is back: at once, a back-off included
  kObserved,  // something was seen to change: not before a back-off is over
  kOthers,    // something another may wait for changed: likewise, where it waits
};

// On the loop's thread only. Kept alive by its own coroutine.
class WorkloadLoop : public PassContext, public std::enable_shared_from_this<WorkloadLoop> {
 public:
  // `on_gone` is called when the workload is no more and the loop has ended.
  WorkloadLoop(const PassParts& parts, const ReconcilerTimes& times, WorkloadId id,
               std::function<void()> on_gone);

  void Start();
  void Stop();
  void Wake(WakeReason reason);

  bool Stale() const override { return stopped_ || wish_count_ != wish_count_at_begin_; }
  bool TakeNews() override { return std::exchange(news_, false); }
  Awaitable<void> Sleep(absl::Duration duration) override;
  std::function<void()> Waker() override;
  Awaitable<void> SleepForOthers(absl::Duration duration) override;
  ContainerLife& life() override { return life_; }

  // Its container is about to be ended by us, so that its end is no failure.
  void ExpectEnd() { life_.end_expected = true; }
  // Whether an event tells only of our own doing, which is looked at anyway.
  bool Expects(const PodmanEvent& event);
  // Whether an event is about its container, whatever that is called by now.
  bool IsAbout(const PodmanEvent& event) const;
  // What a listing shows of its container, nothing where it shows none. Wakes it where that is not
  // what it knows.
  void Compare(const ContainerSummary* seen);

 private:
  Awaitable<void> Run();
  bool IsStable() const;
  // How long to pause after a pass; jitter included.
  absl::Duration PauseAfter(const PassResult& result);

  const PassParts& parts_;
  const ReconcilerTimes& times_;
  const WorkloadId id_;
  const std::function<void()> on_gone_;
  boost::asio::steady_timer timer_;
  std::minstd_rand random_;
  ContainerLife life_;
  bool stopped_ = false;
  bool woken_ = false;
  bool news_ = false;
  bool waits_ = false;  // for others
  bool others_changed_ = false;
  bool in_pass_ = false;
  bool backing_off_ = false;
  int failures_ = 0;
  // Since when it is as wanted; InfiniteFuture while it is not.
  absl::Time settled_since_ = absl::InfiniteFuture();
  int64_t wish_count_ = 0;
  int64_t wish_count_at_begin_ = 0;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_LOOP_H_
