// The states of a watch stream, apart from its type of message. The worker's thread alone pulls,
// writes and finishes, so that two of these never run at once for the same stream. gRPC's threads
// only report that a write is done, that the peer has cancelled, or that the call has ended. No
// lock is held while gRPC or a source is called.
#ifndef MPD_COMMON_WATCH_WATCH_STREAM_H_
#define MPD_COMMON_WATCH_WATCH_STREAM_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <thread>
#include <unordered_set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace mpd {

class WatchStream;

// Runs the streams of one hub on one thread. Thread-safe.
class WatchWorker {
 public:
  WatchWorker(absl::Duration progress_interval, absl::Duration stall_limit);
  ~WatchWorker();

  void Wake();
  void Drain(const absl::Status& reason);
  void WaitUntilEmpty();
  int64_t stream_count() const;

 private:
  friend class WatchStream;
  using Clock = std::chrono::steady_clock;

  void Add(WatchStream* stream);
  void Requeue(WatchStream* stream, bool broken);
  void Cancel(WatchStream* stream);
  void CountOut();

  void Run();
  // Waits until there is a stream to run; nullptr at the end.
  WatchStream* Take();
  // Sends the stream's next message, ends it, or makes it idle where there is nothing to send.
  void Step(WatchStream* stream);
  void MakeIdle(WatchStream* stream, int64_t wakes_before);
  void QueueIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void QueueSilent(Clock::time_point now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BeginWrite(WatchStream* stream, Clock::time_point now);
  // Queues those whose reader has not taken a message within the stall limit, to be broken off.
  void QueueStalled(Clock::time_point now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::chrono::milliseconds progress_interval_;
  const std::chrono::milliseconds stall_limit_;
  mutable Mutex mutex_;
  CondVar work_;
  CondVar empty_;
  int64_t stream_count_ ABSL_GUARDED_BY(mutex_) = 0;
  // Those that have nothing to send and nothing in flight.
  std::unordered_set<WatchStream*> idle_ ABSL_GUARDED_BY(mutex_);
  // Those whose message is under way and may be broken off.
  std::unordered_set<WatchStream*> writing_ ABSL_GUARDED_BY(mutex_);
  // Those that the worker is to step: each stream at most once, and once more to be broken off.
  std::deque<WatchStream*> queue_ ABSL_GUARDED_BY(mutex_);
  // Counts calls of Wake: a pull that found nothing is repeated if one came meanwhile.
  int64_t wakes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool wake_idle_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status drain_reason_ ABSL_GUARDED_BY(mutex_);
  // The earliest time at which an idle stream is due for a progress message, or one that writes is
  // to be broken off.
  Clock::time_point next_look_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

class WatchStream {
 public:
  virtual ~WatchStream() = default;
  void Begin() { worker_->Add(this); }

 protected:
  explicit WatchStream(WatchWorker* worker) : worker_(worker) {}

  // To be called on gRPC's threads: a write is done, the peer has cancelled, the call has ended.
  void Written(bool ok) { worker_->Requeue(this, !ok); }
  void Cancelled() { worker_->Cancel(this); }
  void Ended();  // destroys this

 private:
  friend class WatchWorker;

  virtual absl::StatusOr<bool> Pull() = 0;
  virtual void FillProgress() = 0;
  virtual void Write() = 0;
  virtual void FinishWith(const absl::Status& status) = 0;
  // Whether a write may be broken off when the reader takes nothing.
  virtual bool CanBreakOff() const = 0;
  // Ends the call with this, past what is still to be sent. Written is called after it.
  virtual void BreakOff(const absl::Status& status) = 0;

  WatchWorker* const worker_;
  // Why the stream is to end; OK while it is not. Under the worker's lock.
  absl::Status end_;
  // It is queued for that, although its message is under way. Likewise.
  bool break_off_ = false;
  // Written before the stream is queued first, then by the worker's thread only.
  WatchWorker::Clock::time_point last_write_;
};

}  // namespace mpd

#endif  // MPD_COMMON_WATCH_WATCH_STREAM_H_
