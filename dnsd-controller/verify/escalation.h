// When to ask for more than patience: first a reload, then restarts, further and further apart.
#ifndef MPD_DNSD_CONTROLLER_VERIFY_ESCALATION_H_
#define MPD_DNSD_CONTROLLER_VERIFY_ESCALATION_H_

#include <algorithm>
#include <optional>

#include "absl/time/time.h"

namespace mpd::dnsd {

class Escalation {
 public:
  enum class Step { kNone, kReload, kRestart };

  // Without `reload_after`, restarts only. Each restart that does not help doubles the wait for the
  // next, up to `longest`.
  Escalation(std::optional<absl::Duration> reload_after, absl::Duration restart_after,
             absl::Duration longest)
      : reload_after_(reload_after), restart_after_(restart_after), longest_(longest) {}

  // Trouble as of `now`. The first call after Clear starts the clock.
  Step Check(absl::Time now) {
    if (!since_) {
      since_ = now;
      reload_due_ = reload_after_.has_value();
      next_restart_ = restart_after_;
    }
    const absl::Duration waited = now - *since_;
    if (reload_due_ && waited >= *reload_after_) {
      reload_due_ = false;
      return Step::kReload;
    }
    if (waited < next_restart_) return Step::kNone;
    next_restart_ = std::min(next_restart_ * 2, next_restart_ + longest_);
    return Step::kRestart;
  }

  // No trouble any more.
  void Clear() { since_.reset(); }

 private:
  const std::optional<absl::Duration> reload_after_;
  const absl::Duration restart_after_;
  const absl::Duration longest_;
  std::optional<absl::Time> since_;
  bool reload_due_ = false;
  absl::Duration next_restart_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_VERIFY_ESCALATION_H_
