// Pages of List calls: how many entries a page has, and the token that says where the next begins.
//
//   ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
//   const Listing listing{"leases", store.store_id(), store.revision()};
//   ASSIGN_OR_RETURN(const PageStart start, DecodePageToken(request.page_token(), listing));
//   … entries of revision `start.revision` (0: the newest) whose keys come after `start.after` …
//   if (more) response->set_next_page_token(EncodePageToken(listing, {revision, last_key}));
//
// All pages of one listing are of one revision: the token carries the first page's. Thread-safe.
#ifndef MPD_COMMON_RPC_PAGING_H_
#define MPD_COMMON_RPC_PAGING_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

inline constexpr size_t kDefaultPageSize = 100;
inline constexpr size_t kMaxPageSize = 1000;

// How many entries a page may have: `asked`, at most kMaxPageSize; kDefaultPageSize where 0 is
// asked. INVALID_ARGUMENT (INVALID_FIELD) where it is negative.
absl::StatusOr<size_t> PageSize(int32_t asked);

// What is listed. A token is only good for the listing that gave it.
struct Listing {
  // A word that is the method's alone, such as "leases"; without line breaks, as is the store's id.
  std::string kind;
  // Empty while the store is not known, as just after a restart: no token is good then.
  std::string store_id;
  // A token of a later one is of a listing that is not kept any more.
  int64_t newest_revision = 0;
};

// Where a page begins.
struct PageStart {
  // The revision of all pages. 0 on the first page, which is of the newest; a page that is not the
  // first may be of revision 0 too, that of a store in which nothing has been written.
  int64_t revision = 0;
  // The key of the last entry of the page before; empty on the first page.
  std::string after;
};

// Opaque to clients: ASCII that may stand in a URL.
std::string EncodePageToken(const Listing& listing, const PageStart& start);

// An empty token is the first page's. INVALID_ARGUMENT (INVALID_PAGE_TOKEN) where EncodePageToken
// did not make it, or made it for another method; OUT_OF_RANGE (STORE_RECREATED) where it is of
// another store, and OUT_OF_RANGE (LISTING_EXPIRED) where its listing can't be continued.
absl::StatusOr<PageStart> DecodePageToken(absl::string_view token, const Listing& listing);

// As CommonErrors::InvalidPageToken.
absl::Status InvalidPageToken(absl::string_view token, absl::string_view problem);

}  // namespace mpd

#endif  // MPD_COMMON_RPC_PAGING_H_
