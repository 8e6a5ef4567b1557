#include "container-manager/workload_loop.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/logging.h"

namespace mpd::containers {
namespace {

namespace asio = boost::asio;

std::string RetryNote(int failures, const ReconcilerTimes& times) {
  const absl::Duration delay = BackoffAfter(failures, times);
  if (delay < absl::Seconds(1)) return "";
  return absl::StrCat(" (tried again after ", absl::FormatDuration(delay), ")");
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
  if (reason == WakeReason::kObserved && backing_off_) return;
  if (reason != WakeReason::kObserved) failures_ = 0;
  woken_ = true;
  timer_.cancel();
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

Awaitable<void> WorkloadLoop::Run() {
  const std::shared_ptr<WorkloadLoop> self = shared_from_this();
  while (!stopped_) {
    woken_ = false;
    wish_count_at_begin_ = wish_count_;
    WorkloadPass pass(parts_, this, id_, RetryNote(failures_ + 1, times_));
    const PassResult result = co_await pass.Run();
    if (stopped_) co_return;
    if (result.outcome == PassResult::Outcome::kGone && !Stale()) break;
    const absl::Duration pause = PauseAfter(result);
    if (Stale()) continue;
    if (woken_ && !backing_off_) continue;
    timer_.expires_after(absl::ToChronoMilliseconds(pause));
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    backing_off_ = false;
  }
  if (!stopped_) on_gone_();
}

absl::Duration WorkloadLoop::PauseAfter(const PassResult& result) {
  absl::Duration pause = times_.resync;
  switch (result.outcome) {
    case PassResult::Outcome::kWaiting:
      pause = times_.waiting;
      break;
    case PassResult::Outcome::kOverturned:
      return absl::ZeroDuration();
    case PassResult::Outcome::kFailed: {
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
      failures_ = 0;
  }
  // Spread, so that many that failed together do not come back together.
  std::uniform_real_distribution<double> spread(0.8, 1.2);
  return pause * spread(random_);
}

}  // namespace mpd::containers
