#include "ipam/api/lease_lister.h"

#include <utility>

#include "common/base/status.h"
#include "common/rpc/paging.h"
#include "ipam/leases/lease_record.h"

namespace mpd::ipam {
namespace {

// Of records; far enough from the 4 MiB that gRPC clients take for what the message adds to them.
constexpr size_t kMaxPageBytes = 1 << 20;

}  // namespace

absl::StatusOr<LeasePage> ListLeases(Store* store, int32_t page_size,
                                     const std::string& page_token) {
  ASSIGN_OR_RETURN(const size_t limit, PageSize(page_size));
  const Listing listing{"leases", store->store_id(), store->revision()};
  ASSIGN_OR_RETURN(const PageStart start, DecodePageToken(page_token, listing));
  RangeRequest request;
  request.prefix = std::string(kLeasePrefix);
  request.limit = static_cast<int64_t>(limit);
  request.revision = start.revision;
  if (!start.after.empty()) request.start_after = LeaseKey(start.after);
  ASSIGN_OR_RETURN(const RangeResponse range, store->Range(request));
  LeasePage page;
  page.revision = range.revision;
  size_t bytes = 0;
  for (const KeyValue& kv : range.kvs) {
    bytes += kv.value.size();
    if (bytes > kMaxPageBytes && !page.leases.empty()) break;
    ASSIGN_OR_RETURN(Lease lease, DecodeLease(kv));
    page.leases.push_back(std::move(lease));
  }
  if (range.more || page.leases.size() < range.kvs.size()) {
    page.next_page_token = EncodePageToken(listing, {page.revision, page.leases.back().owner});
  }
  return page;
}

}  // namespace mpd::ipam
