#include "common/rpc/recent_listings.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd {

absl::Status ListingExpired(int64_t revision) {
  return MakeError(absl::StatusCode::kOutOfRange,
                   absl::StrCat("The listing of revision ", revision,
                                " is not kept any more; list from the start"),
                   "LISTING_EXPIRED", {{"revision", absl::StrCat(revision)}});
}

}  // namespace mpd
