#include "dnsd-controller/verify/probe_result.h"

#include "common/base/timestamps.h"

namespace mpd::dnsd {

bool ProbeResult::Set(const std::string& error, absl::Time now) {
  const bool flips = !known_ || error_.empty() != error.empty();
  const bool differs = flips || error != error_;
  known_ = true;
  error_ = error;
  if (flips) since_ = now;
  return differs;
}

v1::Probe ProbeResult::ToProto() const {
  v1::Probe probe;
  probe.set_answered(answered());
  probe.set_error(error_);
  *probe.mutable_since() = ToTimestamp(since_);
  return probe;
}

}  // namespace mpd::dnsd
