// Listings of pools, page by page, all pages true at one revision.
#ifndef MPD_IPAM_API_POOL_LISTER_H_
#define MPD_IPAM_API_POOL_LISTER_H_

#include "absl/status/status.h"
#include "common/rpc/recent_listings.h"
#include "common/store/store.h"
#include "ipam/book/lease_book.h"
#include "mpd/ipam/v1/ipam.pb.h"

namespace mpd::ipam {

// Thread-safe; does not block for the disk.
class PoolLister {
 public:
  // Both must outlive it.
  PoolLister(LeaseBook* book, Store* store) : book_(book), store_(store) {}

  // Errors: INVALID_ARGUMENT (INVALID_FIELD, INVALID_PAGE_TOKEN), OUT_OF_RANGE (LISTING_EXPIRED,
  // STORE_RECREATED).
  absl::Status List(const v1::ListPoolsRequest& request, v1::ListPoolsResponse* response);

 private:
  LeaseBook* const book_;
  Store* const store_;
  RecentListings<LeaseBook::Usage> recent_;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_API_POOL_LISTER_H_
