// Reads many keys of a store without holding all of them in memory.
#ifndef MPD_IPAM_LEASES_STORE_SCAN_H_
#define MPD_IPAM_LEASES_STORE_SCAN_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"

namespace mpd::ipam {

// Calls `visit` for each key with the prefix, in order, as of `revision` (0: the newest one when
// the scan begins). Reads 4096 keys at a time. Stops at the first error, of the store or of
// `visit`, and returns it. Blocks for the disk.
absl::Status ScanStore(Store* store, absl::string_view prefix, int64_t revision,
                       absl::FunctionRef<absl::Status(const KeyValue&)> visit);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_STORE_SCAN_H_
