#include "ipam/api/lease_lister.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/types/names.h"
#include "ipam/leases/lease_errors.h"
#include "ipam/leases/lease_record.h"
#include "mpd/ipam/state/v1/state.pb.h"

namespace mpd::ipam {
namespace {

constexpr int32_t kDefaultPage = 100;
constexpr int32_t kMaxPage = 1000;
// Of records; far enough from the 4 MiB that gRPC clients take for what the message adds to them.
constexpr size_t kMaxPageBytes = 1 << 20;

std::string EncodeToken(const Store& store, int64_t revision, const std::string& owner) {
  state::v1::PageToken token;
  token.set_store_id(store.store_id());
  token.set_revision(revision);
  token.set_owner(owner);
  return absl::WebSafeBase64Escape(token.SerializeAsString());
}

absl::StatusOr<state::v1::PageToken> DecodeToken(const Store& store, const std::string& text) {
  std::string bytes;
  state::v1::PageToken token;
  if (!absl::WebSafeBase64Unescape(text, &bytes) || !token.ParseFromString(bytes) ||
      token.revision() <= 0 || !Owner::Parse(token.owner()).ok()) {
    return LeaseErrors::InvalidPageToken("is not one of ListLeases");
  }
  if (token.store_id() != store.store_id() || token.revision() > store.revision()) {
    return LeaseErrors::InvalidPageToken("is of another store");
  }
  return token;
}

}  // namespace

absl::StatusOr<LeasePage> ListLeases(Store* store, int32_t page_size,
                                     const std::string& page_token) {
  if (page_size < 0) {
    return InvalidField("page_size", absl::StrCat(page_size), "must not be negative");
  }
  RangeRequest request;
  request.prefix = std::string(kLeasePrefix);
  request.limit = page_size == 0 ? kDefaultPage : std::min(page_size, kMaxPage);
  if (!page_token.empty()) {
    ASSIGN_OR_RETURN(const state::v1::PageToken token, DecodeToken(*store, page_token));
    request.revision = token.revision();
    request.start_after = LeaseKey(token.owner());
  }
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
    page.next_page_token = EncodeToken(*store, page.revision, page.leases.back().owner);
  }
  return page;
}

}  // namespace mpd::ipam
