// The result of a probe of the resolver (of the zone, or of forwarding): whether it is answered,
// why not, and since when that is so.
#ifndef MPD_DNSD_CONTROLLER_VERIFY_PROBE_RESULT_H_
#define MPD_DNSD_CONTROLLER_VERIFY_PROBE_RESULT_H_

#include <string>

#include "absl/time/time.h"
#include "mpd/dnsd/v1/dnsd.pb.h"

namespace mpd::dnsd {

// Not thread-safe.
class ProbeResult {
 public:
  // Records the result of one probe; an empty error means that it was answered. Returns true when
  // that differs from the result before. The "since" time changes only between answered and not.
  bool Set(const std::string& error, absl::Time now);
  // Forgets the result, for example because the resolver is down and nothing can be probed.
  void Clear() { known_ = false; }

  bool known() const { return known_; }
  bool answered() const { return known_ && error_.empty(); }
  // Empty when the probe was answered, or when no result is known.
  const std::string& error() const { return error_; }
  v1::Probe ToProto() const;

 private:
  bool known_ = false;
  std::string error_;
  absl::Time since_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_VERIFY_PROBE_RESULT_H_
