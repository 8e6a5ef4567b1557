#include "common/rpc/paging.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "common/base/status.h"

namespace mpd {
namespace {

const Listing kLeases{"leases", "store-a", 10};

absl::Status DecodeError(absl::string_view token, const Listing& listing = kLeases) {
  return DecodePageToken(token, listing).status();
}

TEST(PagingTest, APageHasADefaultSizeAndAGreatestOne) {
  EXPECT_EQ(*PageSize(0), kDefaultPageSize);
  EXPECT_EQ(*PageSize(1), 1u);
  EXPECT_EQ(*PageSize(1000), kMaxPageSize);
  EXPECT_EQ(*PageSize(2'000'000'000), kMaxPageSize);
}

TEST(PagingTest, ANegativeSizeIsRefused) {
  const absl::Status refused = PageSize(-1).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(refused), "INVALID_FIELD");
  EXPECT_EQ(ErrorMetadataValue(refused, "field"), "page_size");
  EXPECT_EQ(ErrorMetadataValue(refused, "value"), "-1");
}

TEST(PagingTest, NoTokenIsTheFirstPage) {
  const absl::StatusOr<PageStart> start = DecodePageToken("", kLeases);
  ASSERT_TRUE(start.ok()) << start.status();
  EXPECT_EQ(start->revision, 0);
  EXPECT_EQ(start->after, "");
}

TEST(PagingTest, ATokenGivesBackWhereThePageBegins) {
  for (const std::string& key : {std::string("db/x"), std::string(), std::string("a\nb\n"),
                                 std::string("\0\xFF", 2), std::string(5000, 'k')}) {
    const absl::StatusOr<PageStart> start =
        DecodePageToken(EncodePageToken(kLeases, {7, key}), kLeases);
    ASSERT_TRUE(start.ok()) << start.status();
    EXPECT_EQ(start->revision, 7);
    EXPECT_EQ(start->after, key);
  }
}

TEST(PagingTest, ATokenOfAnotherMethodIsRefused) {
  const absl::Status refused =
      DecodeError(EncodePageToken(kLeases, {7, "db/x"}), Listing{"pools", "store-a", 10});
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(refused), "INVALID_PAGE_TOKEN");
}

TEST(PagingTest, ATokenOfAnotherStoreSaysThatTheStoreWasRecreated) {
  const absl::Status refused =
      DecodeError(EncodePageToken(kLeases, {7, "db/x"}), Listing{"leases", "store-b", 10});
  EXPECT_EQ(refused.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(refused), "STORE_RECREATED");
  EXPECT_EQ(ErrorMetadataValue(refused, "current_store_id"), "store-b");
}

TEST(PagingTest, ATokenOfWhatTheStoreDoesNotHaveIsOfAListingThatHasExpired) {
  const std::string token = EncodePageToken(kLeases, {7, "db/x"});
  for (const Listing& other : {Listing{"leases", "store-a", 6}, Listing{"leases", "", 0}}) {
    const absl::Status refused = DecodeError(token, other);
    EXPECT_EQ(refused.code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(ErrorReason(refused), "LISTING_EXPIRED");
    EXPECT_EQ(ErrorMetadataValue(refused, "revision"), "7");
  }
}

TEST(PagingTest, WhatIsNoTokenIsRefusedAndShownShort) {
  const auto escaped = [](absl::string_view text) { return absl::WebSafeBase64Escape(text); };
  for (const std::string& token :
       {std::string("x"), std::string("!"), std::string("AAAA"), std::string(100'000, 'A'),
        escaped("1\nleases\nstore-a\n7"), escaped("2\nleases\nstore-a\n7\nk"),
        escaped("1\nleases\nstore-a\n-1\nk"), escaped("1\nleases\nstore-a\nseven\nk")}) {
    const absl::Status refused = DecodeError(token);
    EXPECT_EQ(ErrorReason(refused), "INVALID_PAGE_TOKEN") << token;
    EXPECT_LE(ErrorMetadataValue(refused, "page_token").size(), 80u);
    EXPECT_NE(ErrorMetadataValue(refused, "problem"), "");
  }
}

}  // namespace
}  // namespace mpd
