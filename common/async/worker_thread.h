// A thread for work that waits for the disk.
#ifndef MPD_COMMON_ASYNC_WORKER_THREAD_H_
#define MPD_COMMON_ASYNC_WORKER_THREAD_H_

#include <deque>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "common/base/mutex.h"

namespace mpd {

// Thread-safe.
class WorkerThread {
 public:
  using Job = absl::AnyInvocable<void() &&>;

  // Jobs that may wait.
  static constexpr size_t kMaxQueue = 1024;

  WorkerThread();
  // Does what is queued, then ends.
  ~WorkerThread();

  // False, and the job is not taken, when kMaxQueue jobs wait. Jobs are done one after the other.
  bool Post(Job job) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  Mutex mutex_;
  CondVar changed_;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_WORKER_THREAD_H_
