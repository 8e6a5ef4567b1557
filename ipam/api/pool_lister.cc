#include "ipam/api/pool_lister.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <vector>

#include "common/base/status.h"
#include "common/rpc/paging.h"
#include "ipam/api/request_parsing.h"

namespace mpd::ipam {

absl::Status PoolLister::List(const v1::ListPoolsRequest& request,
                              v1::ListPoolsResponse* response) {
  ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
  const Listing listing{"pools", store_->store_id(), store_->revision()};
  ASSIGN_OR_RETURN(const PageStart start, DecodePageToken(request.page_token(), listing));
  const bool first_page = start.after.empty();
  const std::shared_ptr<const LeaseBook::Usage> usage =
      first_page ? std::make_shared<const LeaseBook::Usage>(book_->GetUsage())
                 : recent_.Find(listing.store_id, start.revision);
  if (usage == nullptr) return ListingExpired(start.revision);

  const std::vector<PoolUsage>& pools = usage->pools;
  auto pool = pools.begin();
  if (!first_page) {
    pool = std::find_if(pools.begin(), pools.end(),
                        [&](const PoolUsage& other) { return other.name == start.after; });
    if (pool == pools.end()) {
      return InvalidPageToken(request.page_token(), "names a pool that is not there");
    }
    ++pool;
  }
  for (size_t count = 0; count < size && pool != pools.end(); ++count, ++pool) {
    FillPool(*pool, response->add_pools());
  }
  if (pool != pools.end()) {
    if (first_page) recent_.Keep(listing.store_id, usage->revision, usage);
    response->set_next_page_token(
        EncodePageToken(listing, {usage->revision, std::prev(pool)->name}));
  }
  response->set_revision(usage->revision);
  response->set_store_id(listing.store_id);
  return absl::OkStatus();
}

}  // namespace mpd::ipam
