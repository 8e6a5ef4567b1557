#include "common/rpc/paging.h"

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/common_errors.h"
#include "common/base/status.h"
#include "common/rpc/recent_listings.h"

namespace mpd {
namespace {

// The first line of a token's text. Another form of token gets another number.
constexpr absl::string_view kVersion = "1";

}  // namespace

absl::StatusOr<size_t> PageSize(int32_t asked) {
  if (asked < 0) return InvalidField("page_size", absl::StrCat(asked), "must not be negative");
  if (asked == 0) return kDefaultPageSize;
  return std::min(static_cast<size_t>(asked), kMaxPageSize);
}

std::string EncodePageToken(const Listing& listing, const PageStart& start) {
  // The key is last, since it may hold line breaks.
  return absl::WebSafeBase64Escape(absl::StrCat(kVersion, "\n", listing.kind, "\n",
                                                listing.store_id, "\n", start.revision, "\n",
                                                start.after));
}

absl::StatusOr<PageStart> DecodePageToken(absl::string_view token, const Listing& listing) {
  PageStart start;
  if (token.empty()) return start;
  constexpr absl::string_view kForeign = "is not one that this method gave";
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text)) return InvalidPageToken(token, kForeign);
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('\n', 4));
  if (parts.size() != 5 || parts[0] != kVersion || parts[1] != listing.kind || parts[2].empty() ||
      !absl::SimpleAtoi(parts[3], &start.revision) || start.revision < 0) {
    return InvalidPageToken(token, kForeign);
  }
  if (listing.store_id.empty()) return ListingExpired(start.revision);
  if (parts[2] != listing.store_id) {
    return CommonErrors::StoreRecreated(parts[2], listing.store_id);
  }
  if (start.revision > listing.newest_revision) return ListingExpired(start.revision);
  start.after = parts[4];
  return start;
}

absl::Status InvalidPageToken(absl::string_view token, absl::string_view problem) {
  return CommonErrors::InvalidPageToken(token, problem);
}

}  // namespace mpd
