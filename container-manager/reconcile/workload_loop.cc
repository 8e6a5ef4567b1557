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

absl::Duration BackoffAfter(int failures, const ReconcilerTimes& times) {
  const int doublings = std::clamp(failures - 1, 0, 20);
  return std::min(times.first_backoff * (int64_t{1} << doublings), times.max_backoff);
}

WorkloadLoop::WorkloadLoop(const PassParts& parts, const ReconcilerTimes& times, WorkloadId id,
                           std::function<void()> on_gone)
    : parts_(parts),
      times_(times),
      id_(std::move(id)),
      on_gone_(std::move(on_gone)),
      timer_(*parts.loop),
      random_(std::random_device{}()) {}

void WorkloadLoop::Start() {
  asio::co_spawn(
      *parts_.loop, [self = shared_from_this()] { return self->Run(); },
      [self = shared_from_this()](std::exception_ptr thrown) {
        // Nothing of ours throws; memory may run out. A daemon that is started anew is better than
        // one that leaves a workload alone.
        if (thrown) std::rethrow_exception(thrown);
      });
}

void WorkloadLoop::Stop() {
  stopped_ = true;
  timer_.cancel();
}

void WorkloadLoop::Wake(WakeReason reason) {
  if (reason == WakeReason::kWish) ++wish_count_;
  const bool waits_its_turn = reason == WakeReason::kObserved || reason == WakeReason::kOthers;
  if (waits_its_turn && backing_off_) return;
  if (!waits_its_turn) failures_ = 0;
  if (reason == WakeReason::kOthers && !waits_) {
    others_changed_ = true;
    return;
  }
  woken_ = true;
  // What happens to others tells nothing of this one's container.
  if (reason != WakeReason::kOthers) news_ = true;
  timer_.cancel();
}

std::function<void()> WorkloadLoop::Waker() {
  return [weak = weak_from_this()] {
    if (const std::shared_ptr<WorkloadLoop> self = weak.lock()) self->timer_.cancel();
  };
}

bool WorkloadLoop::IsAbout(const PodmanEvent& event) const {
  if (!event.container_name.empty() && event.container_name == id_.ContainerName()) return true;
  return !event.container_id.empty() && event.container_id == life_.container_id;
}

bool WorkloadLoop::Expects(const PodmanEvent& event) {
  // Podman tells late, and may yet tell of the end of the one before.
  return event.action == "start" && std::exchange(life_.start_expected, false);
}

void WorkloadLoop::Compare(const ContainerSummary* seen) {
  // A pass looks for itself.
  if (in_pass_) return;
  const bool running = seen != nullptr && seen->running;
  const bool same = running ? seen->id == life_.container_id : life_.container_id.empty();
  if (!same) Wake(WakeReason::kObserved);
}

Awaitable<void> WorkloadLoop::Sleep(absl::Duration duration) {
  if (woken_ || stopped_) {
    // What woke it is seen by the caller's next look. A pause all the same: the caller may be
    // asking for the effect of its own doing.
    woken_ = false;
    duration = std::min(duration, absl::Milliseconds(5));
  }
  timer_.expires_after(absl::ToChronoMilliseconds(duration));
  boost::system::error_code cancelled;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
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
    // A pass looks at everything: what was news before it no longer is.
    news_ = false;
    others_changed_ = false;
    waits_ = false;
    wish_count_at_begin_ = wish_count_;
    in_pass_ = true;
    if (IsStable()) failures_ = 0;
    const auto pass =
        std::make_shared<WorkloadPass>(parts_, this, id_, RetryNote(failures_ + 1, times_));
    const PassResult result = co_await pass->Run();
    in_pass_ = false;
    if (stopped_) co_return;
    if (result.outcome == PassResult::Outcome::kGone && !Stale()) break;
    waits_ = result.outcome == PassResult::Outcome::kWaiting;
    const absl::Duration pause = PauseAfter(result);
    if (Stale()) continue;
    if (woken_ && !backing_off_) continue;
    if (waits_ && others_changed_) continue;
    timer_.expires_after(absl::ToChronoMilliseconds(pause));
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    backing_off_ = false;
  }
  if (!stopped_) on_gone_();
}

// What dies again and again soon after it was usable is backed off from all the same.
bool WorkloadLoop::IsStable() const { return absl::Now() - settled_since_ >= times_.stable; }

absl::Duration WorkloadLoop::PauseAfter(const PassResult& result) {
  absl::Duration pause = times_.recheck;
  switch (result.outcome) {
    case PassResult::Outcome::kWaiting:
      pause = times_.waiting;
      break;
    case PassResult::Outcome::kSuperseded:
      return absl::ZeroDuration();
    case PassResult::Outcome::kFailed: {
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
  // Spread, so that many that failed together do not come back together.
  std::uniform_real_distribution<double> spread(0.8, 1.2);
  return pause * spread(random_);
}

}  // namespace mpd::containers
