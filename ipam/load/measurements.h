// The three things that the load program measures; each prints what it finds.
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
  std::string folder;       // empty, absolute and short, on the disk to measure
  absl::Duration duration;  // of one row
  int rounds = 3;
};

// AllocateAddress beside a bare sync, a bare echo, etcd and host-local. What is not installed is
// left out.
absl::Status MeasureSpeed(const LoadOptions& options);

// What a number of leases costs: latency, memory, the time to start.
absl::Status MeasureScale(const LoadOptions& options, int64_t leases);

// How soon so many watchers see a change, what they cost, and what becomes of one that stalls.
absl::Status MeasureWatchers(const LoadOptions& options, int watchers);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_MEASUREMENTS_H_
