#include "ipam/leases/clock.h"

#include <ctime>

#include "absl/time/clock.h"

namespace mpd::ipam {

Moment SystemClock::Now() const {
  timespec steady{};
  clock_gettime(CLOCK_BOOTTIME, &steady);
  return {absl::Now(), absl::DurationFromTimespec(steady)};
}

}  // namespace mpd::ipam
