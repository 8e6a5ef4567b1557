// Counts the callbacks and jobs that still use an object, so that its destructor can wait for them.
#ifndef MPD_IPAM_BOOK_IN_FLIGHT_H_
#define MPD_IPAM_BOOK_IN_FLIGHT_H_

#include <cstdint>

#include "common/base/mutex.h"

namespace mpd::ipam {

// Thread-safe.
class InFlight {
 public:
  // To be called before the callback or job is handed on, and as the last thing that it does.
  void Begin() ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    ++count_;
  }
  void End() ABSL_LOCKS_EXCLUDED(mutex_) {
    // Notified under the lock, because the counter may be destroyed as soon as it is released.
    const MutexLock lock(&mutex_);
    if (--count_ == 0) none_.NotifyAll();
  }
  // Blocks until each Begin has had its End.
  void AwaitNone() ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    while (count_ > 0) none_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar none_;
  int64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_BOOK_IN_FLIGHT_H_
