// What one of the two probes has seen: answered or not, and since when.
#ifndef MPD_DNSD_CONTROLLER_VERIFY_PROBE_RESULT_H_
#define MPD_DNSD_CONTROLLER_VERIFY_PROBE_RESULT_H_

#include <string>

#include "absl/time/time.h"
#include "mpd/dnsd/v1/dnsd.pb.h"

namespace mpd::dnsd {

// Not thread-safe.
class ProbeResult {
 public:
  // An empty error: answered. True when that is anything new.
  bool Set(const std::string& error, absl::Time now);
  // Not known any more.
  void Clear() { known_ = false; }

  bool known() const { return known_; }
  bool answered() const { return known_ && error_.empty(); }
  // Empty unless it is known not to be answered.
  const std::string& error() const { return error_; }
  v1::Probe ToProto() const;

 private:
  bool known_ = false;
  std::string error_;
  absl::Time since_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_VERIFY_PROBE_RESULT_H_
