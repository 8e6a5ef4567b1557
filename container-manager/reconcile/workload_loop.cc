#include "container-manager/reconcile/workload_loop.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/logging.h"

namespace mpd::containers {
namespace {

namespace asio = boost::asio;

std::string RetryNote(int failures, const ReconcilerTimes& times) {
  if (failures < 2) return "";
  return absl::StrCat(" (failed ", failures, " times in a row; tried again after ",
                      absl::FormatDuration(BackoffAfter(failures, times)), ")");
}

}  // namespace

WorkloadLoop::WorkloadLoop(const ReconcilerDeps& deps, const ReconcilerTimes& times,
                           std::shared_ptr<BegunStarts> begun, WorkloadKind* kind, WorkloadId id,
                           std::function<void()> on_gone)
    : deps_(deps),
      times_(times),
      begun_(std::move(begun)),
      kind_(kind),
      id_(std::move(id)),
      on_gone_(std::move(on_gone)),
      timer_(*deps.loop),
      random_(std::random_device{}()) {}

void WorkloadLoop::Start() {
  asio::co_spawn(
      *deps_.loop, [self = shared_from_this()] { return self->Run(); },
      [self = shared_from_this()](std::exception_ptr thrown) {
        // None of our own code throws, but memory may run out. A daemon that ends and is started
        // again is better than one that has stopped looking after a workload.
        if (thrown) std::rethrow_exception(thrown);
      });
}

void WorkloadLoop::Stop() {
  stopped_ = true;
  timer_.cancel();
}

void WorkloadLoop::Wake(WakeReason reason) {
  if (reason == WakeReason::kWish) ++wish_count_;
  const bool can_wait = reason == WakeReason::kObserved || reason == WakeReason::kOthers;
  if (can_wait && backing_off_) return;
  if (!can_wait) failures_ = 0;
  if (reason == WakeReason::kOthers && !waits_) {
    others_changed_ = true;
    return;
  }
  woken_ = true;
  // What happens to others says nothing about this one's container.
  if (reason != WakeReason::kOthers) news_ = true;
  timer_.cancel();
}

std::function<void()> WorkloadLoop::Waker() {
  return [weak = weak_from_this()] {
    if (const std::shared_ptr<WorkloadLoop> self = weak.lock()) self->timer_.cancel();
  };
}

bool WorkloadLoop::DependsOn(const WorkloadId& other) const {
  return std::any_of(dependencies_.begin(), dependencies_.end(),
                     [&other](const Dependency& one) { return one.id == other; });
}

bool WorkloadLoop::OnPodmanEvent(const PodmanEvent& event) {
  // A container that was renamed is known by its id.
  const bool by_name = !event.container_name.empty() && event.container_name == id_.ContainerName();
  const bool by_id = !event.container_id.empty() && event.container_id == life_.container_id;
  if (!by_name && !by_id) return false;
  // Podman tells of a start late, when the pass that made it has seen its effect already.
  const bool expected = event.action == "start" && std::exchange(life_.start_expected, false);
  if (!expected) Wake(WakeReason::kObserved);
  return true;
}

void WorkloadLoop::Compare(const ContainerSummary* seen) {
  // A pass that is under way inspects the container itself.
  if (in_pass_) return;
  const bool running = seen != nullptr && seen->running;
  const bool same = running ? seen->id == life_.container_id : life_.container_id.empty();
  if (!same) Wake(WakeReason::kObserved);
}

Awaitable<void> WorkloadLoop::Wait(absl::Duration duration) {
  timer_.expires_after(absl::ToChronoMilliseconds(duration));
  boost::system::error_code cancelled;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

Awaitable<void> WorkloadLoop::Sleep(absl::Duration duration) {
  if (woken_ || stopped_) {
    // It was woken already, so it returns soon and the caller checks again. The 5 ms keep a caller
    // that polls for the effect of its own call from spinning.
    woken_ = false;
    duration = std::min(duration, absl::Milliseconds(5));
  }
  co_await Wait(duration);
}

Awaitable<void> WorkloadLoop::SleepForOthers(absl::Duration duration) {
  if (std::exchange(others_changed_, false)) co_return;
  waits_ = true;
  co_await Sleep(duration);
  waits_ = false;
}

Awaitable<void> WorkloadLoop::Run() {
  const std::shared_ptr<WorkloadLoop> self = shared_from_this();
  while (!stopped_) {
    woken_ = false;
    // A pass looks at everything, also at what happened before it began.
    news_ = false;
    others_changed_ = false;
    waits_ = false;
    wish_count_at_begin_ = wish_count_;
    in_pass_ = true;
    if (IsStable()) failures_ = 0;
    const auto pass =
        std::make_shared<Pass>(deps_, begun_, kind_, self, id_, RetryNote(failures_ + 1, times_));
    const PassResult result = co_await pass->Run();
    in_pass_ = false;
    if (stopped_) co_return;
    if (result.outcome == PassOutcome::kGone && !Stale()) break;
    waits_ = result.outcome == PassOutcome::kWaiting;
    const absl::Duration pause = PauseAfter(result);
    if (Stale()) continue;
    if (woken_ && !backing_off_) continue;
    if (waits_ && others_changed_) continue;
    co_await Wait(pause);
    backing_off_ = false;
  }
  if (stopped_) co_return;
  begun_->ids.erase(id_);
  on_gone_();
}

// A workload that is usable for a moment and dies again and again keeps its count of failures.
bool WorkloadLoop::IsStable() const { return absl::Now() - settled_since_ >= times_.stable; }

absl::Duration WorkloadLoop::PauseAfter(const PassResult& result) {
  absl::Duration pause = times_.recheck;
  switch (result.outcome) {
    case PassOutcome::kWaiting:
      pause = times_.waiting;
      break;
    case PassOutcome::kSuperseded:
      return absl::ZeroDuration();
    case PassOutcome::kFailed: {
      settled_since_ = absl::InfiniteFuture();
      ++failures_;
      backing_off_ = true;
      pause = BackoffAfter(failures_, times_);
      const std::string key = id_.Key();
      const std::string text = absl::FormatDuration(pause);
      LOG_WARNING(
          "WORKLOAD_FAILED", "A workload is not as wanted; it is tried again",
          {{"workload", key}, {"problem", std::string(result.error.message())}, {"after", text}});
      break;
    }
    default:
      settled_since_ = std::min(settled_since_, absl::Now());
  }
  // Jitter, so that many that failed together do not come back together.
  std::uniform_real_distribution<double> spread(0.8, 1.2);
  return pause * spread(random_);
}

}  // namespace mpd::containers
