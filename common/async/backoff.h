// How long to wait before the next attempt of something that fails.
#ifndef MPD_COMMON_ASYNC_BACKOFF_H_
#define MPD_COMMON_ASYNC_BACKOFF_H_

#include <algorithm>

#include "absl/time/time.h"

namespace mpd {

// Twice as long after each failure, up to a longest wait. Without jitter: what is waited for here
// is on the same machine, and the only one who waits for it. Not thread-safe.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration longest)
      : first_(first), longest_(longest), next_(first) {}

  // The wait after one more failure.
  absl::Duration Next() {
    const absl::Duration wait = next_;
    next_ = std::min(next_ * 2, longest_);
    return wait;
  }
  // It worked: the next failure is a first one.
  void Reset() { next_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration longest_;
  absl::Duration next_;
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_BACKOFF_H_
