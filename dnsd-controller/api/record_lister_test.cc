// Listings of records, by a real client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "dnsd-controller/api/dnsd_service_test_util.h"

namespace mpd::dnsd {
namespace {

using ::testing::ElementsAre;

using RecordListerTest = DnsdServiceTest;

TEST_F(RecordListerTest, RecordsArePagedInTheOrderOfTheirNames) {
  Publish({"e", "d", "c", "b", "a"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  std::vector<std::string> names;
  std::string token;
  int pages = 0;
  do {
    const auto page = List(2, token);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->revision(), 7);
    EXPECT_EQ(page->store_id(), "store-1");
    EXPECT_LE(page->records_size(), 2);
    for (const v1::Record& record : page->records()) {
      names.push_back(record.name());
      EXPECT_EQ(record.type(), "A");
      EXPECT_EQ(record.value(), "10.163.0.100");
      EXPECT_EQ(record.owner(), "runtime/php");
    }
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(names,
              ElementsAre("a.mpd.test", "b.mpd.test", "c.mpd.test", "d.mpd.test", "e.mpd.test"));
}

TEST_F(RecordListerTest, AllPagesOfRecordsAreOfOneRevision) {
  Publish({"a", "b", "c"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  const auto first = List(1);
  ASSERT_TRUE(first.ok()) << first.status();
  Publish({"a", "ab", "c"}, 8);
  ASSERT_TRUE(Wait(8).ok());
  const auto rest = List(0, first->next_page_token());
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->revision(), 7);
  ASSERT_EQ(rest->records_size(), 2);
  EXPECT_EQ(rest->records(0).name(), "b.mpd.test") << "which is gone by now";
  EXPECT_EQ(rest->records(1).name(), "c.mpd.test");
  EXPECT_EQ(List(0)->revision(), 8);
  EXPECT_EQ(List(0)->records(1).name(), "ab.mpd.test");
}

TEST_F(RecordListerTest, AListingThatIsNotKeptHasToBeBegunAnew) {
  Publish({"a", "b"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  const auto page = List(1);
  ASSERT_TRUE(page.ok()) << page.status();
  for (int revision = 8; revision < 12; ++revision) {
    Publish({"a", "b", absl::StrCat("c", revision)}, revision);
    ASSERT_TRUE(Wait(revision).ok());
    ASSERT_TRUE(List(1).ok());
  }
  const absl::Status expired = List(1, page->next_page_token()).status();
  EXPECT_EQ(expired.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(expired), "LISTING_EXPIRED");
  EXPECT_EQ(ErrorMetadataValue(expired, "revision"), "7");
}

TEST_F(RecordListerTest, APageIsBounded) {
  std::vector<std::string> names;
  for (int i = 0; i < 1001; ++i) names.push_back(absl::StrCat("n", i));
  Publish(names, 7);
  ASSERT_TRUE(Wait(7).ok());
  EXPECT_EQ(List(0)->records_size(), 100);
  const auto page = List(5000);
  EXPECT_EQ(page->records_size(), 1000);
  EXPECT_EQ(List(5000, page->next_page_token())->records_size(), 1);
}

TEST_F(RecordListerTest, BeforeAnythingIsRenderedThereIsNoListing) {
  const absl::Status early = List(0).status();
  EXPECT_EQ(early.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(early), "NOT_RENDERED");
  EXPECT_TRUE(early.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  Publish({"a"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  EXPECT_TRUE(List(0).ok());
}

TEST_F(RecordListerTest, ForeignPageTokensAreRefused) {
  Publish({"a"}, 7);
  ASSERT_TRUE(Wait(7).ok());
  for (const char* token : {"x", "!", "MTo=", "Mjph", "MTph MTph"}) {
    const absl::Status refused = List(2, token).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << token;
    EXPECT_EQ(ErrorReason(refused), "INVALID_PAGE_TOKEN") << token;
  }
  EXPECT_EQ(ErrorReason(List(-1).status()), "INVALID_FIELD");
}

}  // namespace
}  // namespace mpd::dnsd
