// The time, behind an interface so that tests can control it.
#ifndef MPD_IPAM_LEASES_CLOCK_H_
#define MPD_IPAM_LEASES_CLOCK_H_

#include "absl/time/time.h"

namespace mpd::ipam {

// One reading of both clocks.
struct Moment {
  // The wall clock, for what is stored and shown. It may be set forwards or backwards at any time.
  absl::Time wall;
  // Time since an unspecified moment. It never jumps and includes time in which the machine slept;
  // values from before a restart of the machine mean nothing.
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
