// Listings of leases and pools, page by page.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "ipam/api/ipam_service_test_util.h"

namespace mpd::ipam {
namespace {

using ListingsTest = IpamServiceTest;

TEST_F(ListingsTest, PoolsShowTheirUse) {
  ASSERT_TRUE(Allocate("db/a", "databases").ok());
  ASSERT_TRUE(Allocate("db/b", "databases").ok());
  const auto released = Release("db/a");
  ASSERT_TRUE(released.ok());
  const auto pools = ListPools(0, "");
  ASSERT_TRUE(pools.ok()) << pools.status();
  EXPECT_EQ(pools->revision(), released->revision());
  EXPECT_EQ(pools->store_id(), harness_.store().store_id());
  EXPECT_EQ(pools->next_page_token(), "");
  ASSERT_EQ(pools->pools_size(), 3);
  const v1::Pool& databases = pools->pools(1);
  EXPECT_EQ(databases.name(), "databases");
  EXPECT_EQ(databases.first_address(), "10.163.0.30");
  EXPECT_EQ(databases.last_address(), "10.163.0.99");
  EXPECT_EQ(databases.capacity(), 70);
  EXPECT_EQ(databases.used(), 1);
  EXPECT_EQ(databases.resting(), 1);
}

TEST_F(ListingsTest, AllPagesOfPoolsShowOneRevision) {
  const auto services = ListPools(1, "");
  ASSERT_TRUE(services.ok()) << services.status();
  EXPECT_EQ(services->revision(), 0) << "nothing is written yet";
  ASSERT_TRUE(Allocate("db/a", "databases").ok());
  const auto databases = ListPools(1, services->next_page_token());
  ASSERT_TRUE(databases.ok()) << databases.status();
  EXPECT_EQ(databases->revision(), 0);
  ASSERT_EQ(databases->pools_size(), 1);
  EXPECT_EQ(databases->pools(0).name(), "databases");
  EXPECT_EQ(databases->pools(0).used(), 0) << "as on the first page";
  const auto runtimes = ListPools(1, databases->next_page_token());
  ASSERT_TRUE(runtimes.ok()) << runtimes.status();
  EXPECT_EQ(runtimes->pools(0).name(), "runtimes");
  EXPECT_EQ(runtimes->next_page_token(), "");
  EXPECT_EQ(ListPools(2, "")->pools(1).used(), 1) << "a new listing shows what is there now";
}

TEST_F(ListingsTest, AListingOfPoolsThatIsNotKeptHasToBeBegunAnew) {
  const auto page = ListPools(1, "");
  ASSERT_TRUE(page.ok()) << page.status();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(Allocate(absl::StrCat("db/d", i), "databases").ok());
    ASSERT_TRUE(ListPools(1, "").ok());
  }
  const auto expired = ListPools(1, page->next_page_token());
  EXPECT_EQ(expired.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(expired.status()), "LISTING_EXPIRED");
  EXPECT_EQ(ErrorReason(ListPools(1, "x").status()), "INVALID_PAGE_TOKEN");
  EXPECT_EQ(ErrorReason(ListPools(-1, "").status()), "INVALID_FIELD");
}

TEST_F(ListingsTest, AllPagesShowOneRevision) {
  for (const char* owner : {"db/a", "db/b", "db/c", "db/d", "db/e"}) {
    ASSERT_TRUE(Allocate(owner, "databases").ok());
  }
  auto page = List(2, "");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->store_id(), harness_.store().store_id());
  const int64_t revision = page->revision();
  ASSERT_TRUE(Release("db/d").ok());
  ASSERT_TRUE(Allocate("db/ca", "databases").ok());

  std::vector<std::string> owners;
  while (true) {
    for (const v1::Lease& lease : page->leases()) owners.push_back(lease.owner());
    EXPECT_EQ(page->revision(), revision);
    if (page->next_page_token().empty()) break;
    page = List(2, page->next_page_token());
    ASSERT_TRUE(page.ok()) << page.status();
  }
  EXPECT_EQ(owners, (std::vector<std::string>{"db/a", "db/b", "db/c", "db/d", "db/e"}));
  EXPECT_EQ(List(0, "")->leases_size(), 5) << "with db/ca, without db/d";
}

TEST_F(ListingsTest, PageTokensAreChecked) {
  ASSERT_TRUE(Allocate("db/a", "databases").ok());
  ASSERT_TRUE(Allocate("db/b", "databases").ok());
  const auto page = List(1, "");
  ASSERT_FALSE(page->next_page_token().empty());
  for (const std::string& token : {std::string("x"), std::string("AAAA"), std::string("!"),
                                   page->next_page_token().substr(1)}) {
    const auto refused = List(1, token);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << token;
    EXPECT_EQ(ErrorReason(refused.status()), "INVALID_PAGE_TOKEN") << token;
  }
  EXPECT_EQ(ErrorReason(List(-1, "").status()), "INVALID_FIELD");
  ASSERT_TRUE(Allocate("db/c", "databases").ok());
  ASSERT_TRUE(harness_.store().Compact(harness_.store().revision()).ok());
  const auto old = List(1, page->next_page_token());
  EXPECT_EQ(old.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(old.status()), "REVISION_COMPACTED");
}

}  // namespace
}  // namespace mpd::ipam
