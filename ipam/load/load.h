// Callers that call as fast as they are answered, and what was measured.
#ifndef MPD_IPAM_LOAD_LOAD_H_
#define MPD_IPAM_LOAD_LOAD_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace mpd::ipam {

// Starts one call, different for each number, and says whether it succeeded when it is answered, on
// any thread.
using StartCall = std::function<void(int64_t number, std::function<void(bool ok)> done)>;

struct LoadResult {
  std::vector<absl::Duration> latencies;  // ascending
  absl::Duration elapsed;
  absl::Duration server_cpu;  // zero where it is not known
  int64_t failed = 0;

  double PerSecond() const;
  // 0.5: the median. Zero without calls.
  absl::Duration Quantile(double q) const;
  // As if both had been one run.
  void Merge(const LoadResult& other);
};

// Keeps `callers` calls under way for that long, numbered from `first_number`; returns when all are
// answered.
LoadResult RunLoad(const StartCall& start, int callers, absl::Duration duration,
                   int64_t first_number);

// The same for something that blocks, one thread per caller.
LoadResult RunBlockingLoad(const std::function<bool(int64_t number)>& call, int callers,
                           absl::Duration duration);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_LOAD_H_
