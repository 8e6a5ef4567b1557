#include "common/rpc/recent_listings.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace mpd {
namespace {

using Listings = RecentListings<int>;

const Listings::Time kStart{std::chrono::hours(1)};

TEST(RecentListingsTest, GivesWhatWasKeptOfTheSameStoreAndRevision) {
  Listings listings;
  listings.Keep("s1", 7, std::make_shared<int>(70), kStart);
  listings.Keep("s2", 7, std::make_shared<int>(71), kStart);
  EXPECT_EQ(*listings.Find("s1", 7, kStart), 70);
  EXPECT_EQ(*listings.Find("s2", 7, kStart), 71);
  EXPECT_EQ(listings.Find("s1", 8, kStart), nullptr);
  listings.Keep("s1", 7, std::make_shared<int>(72), kStart);
  EXPECT_EQ(*listings.Find("s1", 7, kStart), 72);
}

TEST(RecentListingsTest, TheOldestMakesRoom) {
  Listings listings;
  for (int revision = 1; revision <= 5; ++revision) {
    listings.Keep("s", revision, std::make_shared<int>(revision), kStart);
  }
  EXPECT_EQ(listings.Find("s", 1, kStart), nullptr);
  for (int revision = 2; revision <= 5; ++revision) {
    EXPECT_EQ(*listings.Find("s", revision, kStart), revision);
  }
}

TEST(RecentListingsTest, AListingIsGoneAfterAMinute) {
  Listings listings;
  listings.Keep("s", 1, std::make_shared<int>(1), kStart);
  EXPECT_NE(listings.Find("s", 1, kStart + std::chrono::seconds(60)), nullptr);
  EXPECT_EQ(listings.Find("s", 1, kStart + std::chrono::seconds(61)), nullptr);
}

TEST(RecentListingsTest, TheErrorNamesTheRevision) {
  const absl::Status expired = ListingExpired(7);
  EXPECT_EQ(expired.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(expired), "LISTING_EXPIRED");
  EXPECT_EQ(ErrorMetadataValue(expired, "revision"), "7");
}

}  // namespace
}  // namespace mpd
