// A thread for work that waits for the disk.
#ifndef MPD_IPAM_WORKER_H_
#define MPD_IPAM_WORKER_H_

#include <deque>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "common/mutex.h"

namespace mpd::ipam {

// Thread-safe.
class Worker {
 public:
  using Job = absl::AnyInvocable<void() &&>;

  // Jobs that may wait.
  static constexpr size_t kMaxQueue = 1024;

  Worker();
  // Does what is queued, then ends.
  ~Worker();

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

}  // namespace mpd::ipam

#endif  // MPD_IPAM_WORKER_H_
