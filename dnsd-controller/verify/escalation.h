// Decides when a resolver that is in trouble is to be reloaded or restarted: one reload first, then
// restarts at growing intervals.
#ifndef MPD_DNSD_CONTROLLER_VERIFY_ESCALATION_H_
#define MPD_DNSD_CONTROLLER_VERIFY_ESCALATION_H_

#include <algorithm>
#include <optional>

#include "absl/time/time.h"

namespace mpd::dnsd {

// Not thread-safe.
class Escalation {
 public:
  enum class Step { kNone, kReload, kRestart };

  // The reload is due `reload_after` the trouble began, or never when that is unset; the first
  // restart `restart_after` it began. Each further restart comes after twice the time of the one
  // before, but at most `longest` after it.
  Escalation(std::optional<absl::Duration> reload_after, absl::Duration restart_after,
             absl::Duration longest)
      : reload_after_(reload_after), restart_after_(restart_after), longest_(longest) {}

  // To be called as long as there is trouble; returns what is due at `now`, each step once. The
  // first call, and the first one after Clear, is when the trouble begins.
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

  // The trouble is over.
  void Clear() { since_.reset(); }

 private:
  const std::optional<absl::Duration> reload_after_;
  const absl::Duration restart_after_;
  const absl::Duration longest_;
  std::optional<absl::Time> since_;
  bool reload_due_ = false;
  absl::Duration next_restart_;  // counted from since_
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_VERIFY_ESCALATION_H_
