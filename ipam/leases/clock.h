// Time, behind an interface so that tests can step it.
#ifndef MPD_IPAM_LEASES_CLOCK_H_
#define MPD_IPAM_LEASES_CLOCK_H_

#include "absl/time/time.h"

namespace mpd::ipam {

// One reading of both clocks.
struct Moment {
  // The wall clock: what is stored and shown. May step either way.
  absl::Time wall;
  // Time that never steps and goes on while the machine sleeps; has no meaning across restarts.
  absl::Duration steady;
};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Moment Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Moment Now() const override;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_CLOCK_H_
