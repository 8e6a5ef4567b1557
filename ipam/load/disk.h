// What the disk and the CNI's own plugin take.
#ifndef MPD_IPAM_LOAD_DISK_H_
#define MPD_IPAM_LOAD_DISK_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ipam/load/load.h"

namespace mpd::ipam {

// 4 KiB written and fdatasync'ed, one after the other, over a file that is long enough already: as
// a write-ahead log that begins anew.
absl::StatusOr<LoadResult> MeasureSync(const std::string& folder, absl::Duration duration);

struct HostLocalResult {
  LoadResult add;
  LoadResult del;
};
// The CNI plugin at `program`, executed once per call, with ADD for so long, then with DEL of the
// same containers. UNAVAILABLE where it can't be executed.
absl::StatusOr<HostLocalResult> MeasureHostLocal(const std::string& program,
                                                 const std::string& folder, int callers,
                                                 absl::Duration duration);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_DISK_H_
