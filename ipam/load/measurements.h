// The three measurements of the load program; each prints its results.
#ifndef MPD_IPAM_LOAD_MEASUREMENTS_H_
#define MPD_IPAM_LOAD_MEASUREMENTS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ipam/load/servers.h"

namespace mpd::ipam {

struct LoadOptions {
  Programs programs;
  std::string host_local;
  std::string folder;       // an empty folder on the disk to measure; a short absolute path
  absl::Duration duration;  // of each row of the table
  int rounds = 3;
};

// Compares AllocateAddress with a mere sync of the disk, a mere echo, etcd and host-local. What is
// not installed is left out.
absl::Status MeasureSpeed(const LoadOptions& options);

// Measures latency, memory and start-up time with this number of leases.
absl::Status MeasureScale(const LoadOptions& options, int64_t leases);

// Measures how soon this many watchers see a change and what they cost, and shows what happens to
// one that stalls.
absl::Status MeasureWatchers(const LoadOptions& options, int watchers);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_MEASUREMENTS_H_
