// Waiting for a value that another thread gives.
#ifndef MPD_COMMON_BASE_ONE_SHOT_H_
#define MPD_COMMON_BASE_ONE_SHOT_H_

#include <optional>
#include <utility>

#include "common/base/mutex.h"

namespace mpd {

// One Set, one Wait, on different threads; may be destroyed as soon as Wait has returned.
template <typename T>
class OneShot {
 public:
  void Set(T value) {
    // Notified under the lock: afterwards this may be gone.
    MutexLock lock(&mutex_);
    value_ = std::move(value);
    set_.NotifyOne();
  }
  T Wait() {
    MutexLock lock(&mutex_);
    while (!value_.has_value()) set_.Wait(&mutex_);
    return *std::move(value_);
  }

 private:
  Mutex mutex_;
  CondVar set_;
  std::optional<T> value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd

#endif  // MPD_COMMON_BASE_ONE_SHOT_H_
