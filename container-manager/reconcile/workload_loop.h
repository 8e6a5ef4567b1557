// The loop of one workload: passes, and the pauses between them.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_LOOP_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_LOOP_H_

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "container-manager/reconcile/pass.h"
#include "container-manager/reconcile/reconciler_times.h"

namespace mpd::containers {

// On the loop's thread only. Kept alive by its own coroutine.
class WorkloadLoop : public PassContext, public std::enable_shared_from_this<WorkloadLoop> {
 public:
  // `kind` is the workload's. `on_gone` is called when the workload is no more and the loop has
  // ended. Deps, times and kind must outlive the loop's last run.
  WorkloadLoop(const ReconcilerDeps& deps, const ReconcilerTimes& times,
               std::shared_ptr<BegunStarts> begun, WorkloadKind* kind, WorkloadId id,
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
  void SetDependencies(std::vector<Dependency> dependencies) override {
    dependencies_ = std::move(dependencies);
  }

  // As its last pass found it.
  bool DependsOn(const WorkloadId& other) const;
  // Its container is about to be ended by us, so its end is no failure.
  void ExpectEnd() { life_.end_expected = true; }
  WorkloadKind* kind() const { return kind_; }
  // Takes an event of Podman's; false where it is about another's container. What was not of our
  // own doing wakes the loop.
  bool OnPodmanEvent(const PodmanEvent& event);
  // Takes what a listing shows of its container, nullptr where it shows none. Wakes the loop where
  // that is not what it knows.
  void Compare(const ContainerSummary* seen);

 private:
  Awaitable<void> Run();
  Awaitable<void> Wait(absl::Duration duration);
  // Whether it has been as wanted for long enough to forget its failures.
  bool IsStable() const;
  // How long to pause after a pass; jitter included.
  absl::Duration PauseAfter(const PassResult& result);

  const ReconcilerDeps& deps_;
  const ReconcilerTimes& times_;
  const std::shared_ptr<BegunStarts> begun_;
  WorkloadKind* const kind_;
  const WorkloadId id_;
  const std::function<void()> on_gone_;
  boost::asio::steady_timer timer_;
  std::minstd_rand random_;
  ContainerLife life_;
  std::vector<Dependency> dependencies_;
  bool stopped_ = false;
  bool woken_ = false;
  bool news_ = false;   // something happened to the workload since a pass last asked
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
