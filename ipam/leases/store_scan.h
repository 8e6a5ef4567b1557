// Reading many keys of a store without holding them all.
#ifndef MPD_IPAM_LEASES_STORE_SCAN_H_
#define MPD_IPAM_LEASES_STORE_SCAN_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"

namespace mpd::ipam {

// Calls `visit` for each key with the prefix, in order, as of the revision (0: of the newest when
// the scan begins), reading a bounded number at a time. Ends with the first error. Blocks for the
// disk.
absl::Status ScanStore(Store* store, absl::string_view prefix, int64_t revision,
                       absl::FunctionRef<absl::Status(const KeyValue&)> visit);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_STORE_SCAN_H_
