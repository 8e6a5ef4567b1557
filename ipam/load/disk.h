// Measures the disk, and the CNI plugin host-local.
#ifndef MPD_IPAM_LOAD_DISK_H_
#define MPD_IPAM_LOAD_DISK_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ipam/load/load.h"

namespace mpd::ipam {

// Measures writes of 4 KiB with fdatasync, one after the other, into a file that is long enough
// already. This is what SQLite does with a write-ahead log that it reuses.
absl::StatusOr<LoadResult> MeasureSync(const std::string& folder, absl::Duration duration);

struct HostLocalResult {
  LoadResult add;
  LoadResult del;
};
// Measures the CNI plugin at `program`, which is executed once per call: ADD for `duration`, then
// DEL of the same containers. UNAVAILABLE when it can't be executed.
absl::StatusOr<HostLocalResult> MeasureHostLocal(const std::string& program,
                                                 const std::string& folder, int callers,
                                                 absl::Duration duration);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_DISK_H_
