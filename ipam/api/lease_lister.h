// Listings of leases, page by page, all pages true at one revision.
#ifndef MPD_IPAM_API_LEASE_LISTER_H_
#define MPD_IPAM_API_LEASE_LISTER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/store.h"
#include "ipam/leases/lease.h"

namespace mpd::ipam {

struct LeasePage {
  std::vector<Lease> leases;    // by owner
  std::string next_page_token;  // empty: there is no more
  int64_t revision = 0;
};

// 0 = 100 leases; a page has at most 1000, and fewer where their hostnames fill a message. Blocks
// for the disk. Errors: INVALID_ARGUMENT (INVALID_FIELD, INVALID_PAGE_TOKEN), OUT_OF_RANGE
// (REVISION_COMPACTED, LISTING_EXPIRED, STORE_RECREATED), DATA_LOSS (DAMAGED_RECORD).
absl::StatusOr<LeasePage> ListLeases(Store* store, int32_t page_size,
                                     const std::string& page_token);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_API_LEASE_LISTER_H_
