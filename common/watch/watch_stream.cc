#include "common/watch/watch_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/common_errors.h"

namespace mpd {
namespace {

absl::Status Stalled(std::chrono::milliseconds limit) {
  const std::string seconds = absl::StrCat(static_cast<double>(limit.count()) / 1000);
  return CommonErrors::SlowReader(
      absl::StrCat("was not read for ", seconds, " s while messages waited"));
}

}  // namespace

WatchWorker::WatchWorker(absl::Duration progress_interval, absl::Duration stall_limit)
    : progress_interval_(absl::ToChronoMilliseconds(progress_interval)),
      stall_limit_(absl::ToChronoMilliseconds(stall_limit)),
      next_look_(Clock::now() + progress_interval_),
      thread_([this] { Run(); }) {}

WatchWorker::~WatchWorker() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    work_.NotifyAll();
  }
  thread_.join();
}

void WatchWorker::Wake() {
  MutexLock lock(&mutex_);
  ++wakes_;
  if (idle_.empty() || wake_idle_) return;
  wake_idle_ = true;
  work_.NotifyOne();
}

void WatchWorker::Drain(const absl::Status& reason) {
  MutexLock lock(&mutex_);
  drain_reason_ = reason;
  wake_idle_ = true;
  work_.NotifyOne();
}

void WatchWorker::WaitUntilEmpty() {
  MutexLock lock(&mutex_);
  while (stream_count_ > 0) empty_.Wait(&mutex_);
}

int64_t WatchWorker::stream_count() const {
  MutexLock lock(&mutex_);
  return stream_count_;
}

void WatchWorker::Add(WatchStream* stream) {
  MutexLock lock(&mutex_);
  stream->last_write_ = Clock::now();
  ++stream_count_;
  queue_.push_back(stream);
  work_.NotifyOne();
}

void WatchWorker::Requeue(WatchStream* stream, bool broken) {
  MutexLock lock(&mutex_);
  writing_.erase(stream);
  if (broken && stream->end_.ok()) stream->end_ = absl::CancelledError("the peer is gone");
  queue_.push_back(stream);
  work_.NotifyOne();
}

void WatchWorker::Cancel(WatchStream* stream) {
  MutexLock lock(&mutex_);
  if (stream->end_.ok()) stream->end_ = absl::CancelledError("cancelled by the peer");
  // A stream that is queued, or that the worker steps, ends there; one that writes, when the write
  // is done.
  if (idle_.erase(stream) == 0) return;
  queue_.push_back(stream);
  work_.NotifyOne();
}

void WatchWorker::CountOut() {
  MutexLock lock(&mutex_);
  if (--stream_count_ == 0) empty_.NotifyAll();
}

void WatchWorker::Run() {
  while (WatchStream* stream = Take()) Step(stream);
}

WatchStream* WatchWorker::Take() {
  MutexLock lock(&mutex_);
  while (true) {
    // First, so that streams that are always busy do not hold up the idle ones.
    if (wake_idle_) QueueIdle();
    const Clock::time_point now = Clock::now();
    if (now >= next_look_) {
      next_look_ = now + progress_interval_;
      QueueSilent(now);
      QueueStalled(now);
    }
    if (!queue_.empty()) break;
    if (stopping_) return nullptr;
    if (idle_.empty() && writing_.empty()) {
      work_.Wait(&mutex_);
    } else {
      work_.WaitFor(&mutex_, std::chrono::duration_cast<std::chrono::milliseconds>(
                                 next_look_ - now + std::chrono::milliseconds(1)));
    }
  }
  WatchStream* stream = queue_.front();
  queue_.pop_front();
  return stream;
}

void WatchWorker::QueueIdle() {
  wake_idle_ = false;
  queue_.insert(queue_.end(), idle_.begin(), idle_.end());
  idle_.clear();
}

void WatchWorker::QueueSilent(Clock::time_point now) {
  for (auto it = idle_.begin(); it != idle_.end();) {
    const Clock::time_point due = (*it)->last_write_ + progress_interval_;
    if (now < due) {
      next_look_ = std::min(next_look_, due);
      ++it;
      continue;
    }
    queue_.push_back(*it);
    it = idle_.erase(it);
  }
}

void WatchWorker::QueueStalled(Clock::time_point now) {
  for (auto it = writing_.begin(); it != writing_.end();) {
    WatchStream* const stream = *it;
    const Clock::time_point due = stream->last_write_ + stall_limit_;
    if (now < due) {
      next_look_ = std::min(next_look_, due);
      ++it;
      continue;
    }
    it = writing_.erase(it);
    stream->end_ = Stalled(stall_limit_);
    stream->break_off_ = true;
    queue_.push_back(stream);
  }
}

void WatchWorker::BeginWrite(WatchStream* stream, Clock::time_point now) {
  stream->last_write_ = now;
  if (!stream->CanBreakOff()) return;
  MutexLock lock(&mutex_);
  writing_.insert(stream);
  next_look_ = std::min(next_look_, now + stall_limit_);
}

void WatchWorker::Step(WatchStream* stream) {
  absl::Status end;
  bool break_off = false;
  int64_t wakes_before = 0;
  {
    MutexLock lock(&mutex_);
    end = stream->end_.ok() ? drain_reason_ : stream->end_;
    break_off = std::exchange(stream->break_off_, false);
    wakes_before = wakes_;
  }
  // The write's end queues it again, to be finished; until then it can't go away.
  if (break_off) return stream->BreakOff(end);
  if (!end.ok()) return stream->FinishWith(end);
  const absl::StatusOr<bool> pulled = stream->Pull();
  if (!pulled.ok()) return stream->FinishWith(pulled.status());
  const Clock::time_point now = Clock::now();
  if (!*pulled) {
    if (now - stream->last_write_ < progress_interval_) return MakeIdle(stream, wakes_before);
    stream->FillProgress();
  }
  BeginWrite(stream, now);
  stream->Write();
}

void WatchWorker::MakeIdle(WatchStream* stream, int64_t wakes_before) {
  MutexLock lock(&mutex_);
  // What came to pass during the pull found the stream neither idle nor queued.
  if (wakes_ != wakes_before || !stream->end_.ok() || !drain_reason_.ok()) {
    queue_.push_back(stream);
  } else {
    idle_.insert(stream);
    next_look_ = std::min(next_look_, stream->last_write_ + progress_interval_);
  }
}

void WatchStream::Ended() {
  WatchWorker* const worker = worker_;
  {
    // After whatever Cancelled did on another thread; gRPC sees to that too, but unseen by the
    // thread sanitizer.
    MutexLock lock(&worker->mutex_);
  }
  // Counted out last: who waits for that may then destroy what the source refers to.
  delete this;
  worker->CountOut();
}

}  // namespace mpd
