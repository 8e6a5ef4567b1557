#include "gateway/ca/issued/issued_log.h"

#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/test_server.h"

namespace mpd::ca {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class IssuedLogTest : public ::testing::Test {
 protected:
  IssuedLogTest() {
    SqliteStoreOptions options;
    options.path = folder_.path() + "/ca.db";
    store_ = *OpenSqliteStore(options);
    log_.emplace(store_.get());
  }
  void Add(const std::string& serial, absl::Time end, const std::string& issuer) {
    state::v1::IssuedRecord record;
    record.set_not_after_us(absl::ToUnixMicros(end));
    record.set_issuer_fingerprint(issuer);
    ASSERT_TRUE(log_->Add(serial, record).ok());
  }
  std::vector<std::string> Serials() {
    std::vector<std::string> serials;
    const IssuedPage page = *log_->List("", 0, 0);
    for (const IssuedEntry& entry : page.entries) serials.push_back(entry.serial);
    return serials;
  }

  const TestFolder folder_;
  std::unique_ptr<Store> store_;
  std::optional<IssuedLog> log_;
};

TEST_F(IssuedLogTest, ListsByPagesOfOneRevision) {
  for (const char* serial : {"c", "a", "b"}) Add(serial, kNow, "x");
  const auto first = log_->List("", 0, 2);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->more);
  Add("bb", kNow, "x");
  const auto second = log_->List(first->entries.back().serial, first->revision, 2);
  ASSERT_EQ(second->entries.size(), 1u);
  EXPECT_EQ(second->entries[0].serial, "c");
  EXPECT_FALSE(second->more);
}

TEST_F(IssuedLogTest, CountsWhatAnotherKeySignedAndIsValid) {
  Add("a", kNow + absl::Hours(1), "x");
  Add("b", kNow + absl::Hours(1), "y");
  Add("c", kNow - absl::Hours(1), "x");
  EXPECT_EQ(log_->CountOfOthers("y", kNow).value(), 1);
}

TEST_F(IssuedLogTest, ForgetsWhatEndedADayAgo) {
  Add("a", kNow - absl::Hours(25), "x");
  Add("b", kNow - absl::Hours(23), "x");
  Add("c", kNow + absl::Hours(1), "x");
  ASSERT_TRUE(log_->Sweep(kNow).ok());
  EXPECT_EQ(Serials(), (std::vector<std::string>{"b", "c"}));
  EXPECT_TRUE(log_->Sweep(kNow).ok());
}

}  // namespace
}  // namespace mpd::ca
