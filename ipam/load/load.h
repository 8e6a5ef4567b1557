// Makes calls as fast as they are answered, and measures them.
#ifndef MPD_IPAM_LOAD_LOAD_H_
#define MPD_IPAM_LOAD_LOAD_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace mpd::ipam {

// Starts call number `number`. When it is answered, `done` is called, on any thread, with whether
// it succeeded.
using StartCall = std::function<void(int64_t number, std::function<void(bool ok)> done)>;

struct LoadResult {
  std::vector<absl::Duration> latencies;  // ascending
  absl::Duration elapsed;
  absl::Duration server_cpu;  // of the server's process; zero when unknown
  int64_t failed = 0;

  double PerSecond() const;
  // The latency at this quantile: 0.5 is the median. Zero when there were no calls.
  absl::Duration Quantile(double q) const;
  // Adds the other result as if both were one run.
  void Merge(const LoadResult& other);
};

// Keeps `callers` calls under way for `duration`. Calls are numbered from `first_number`. Returns
// when all of them are answered.
LoadResult RunLoad(const StartCall& start, int callers, absl::Duration duration,
                   int64_t first_number);

// The same for calls that block, with one thread per caller.
LoadResult RunBlockingLoad(const std::function<bool(int64_t number)>& call, int callers,
                           absl::Duration duration);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_LOAD_H_
