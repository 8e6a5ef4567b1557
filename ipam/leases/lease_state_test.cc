#include "ipam/leases/lease_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "ipam/leases/lease_record.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::ipam {
namespace {

using testing::HasSubstr;
using testing::Not;

PoolConfig* FindPool(std::vector<PoolConfig>* pools, const std::string& name) {
  for (PoolConfig& pool : *pools) {
    if (pool.name == name) return &pool;
  }
  return nullptr;
}

TEST(LeaseStateTest, LeasesSurviveARestart) {
  BookHarness harness;
  const auto before = harness.Allocate("db/postgres-17", "databases", {"postgres-17.db"});
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_TRUE(harness.Reopen().ok());
  const auto after = harness.book().GetByOwner("db/postgres-17");
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->address, before->address);
  EXPECT_EQ(after->hostnames, before->hostnames);
  EXPECT_EQ(after->revision, before->revision);
  EXPECT_EQ(after->create_time, before->create_time);
  EXPECT_EQ(harness.Usage("databases").used, 1);
  EXPECT_EQ(harness.Allocate("db/mariadb-11", "databases")->address, TestAddress(31));
}

TEST(LeaseStateTest, ContradictionsAreRefusedAndNameTheLeases) {
  BookHarness harness;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(harness.Allocate(absl::StrCat("db/d", i), "databases").ok());
  }
  std::vector<PoolConfig> pools = DefaultPools();
  FindPool(&pools, "databases")->first = TestAddress(31);
  absl::Status refused = harness.ReopenWith(pools);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(refused), "CONFIG_CONTRADICTS_LEASES");
  EXPECT_THAT(refused.message(), HasSubstr("db/d0 at 10.163.0.30"));
  EXPECT_THAT(refused.message(), Not(HasSubstr("db/d1")));
  EXPECT_THAT(refused.message(), Not(HasSubstr("\n")));

  FindPool(&pools, "databases")->first = TestAddress(50);
  refused = harness.ReopenWith(pools);
  EXPECT_EQ(ErrorMetadataValue(refused, "count"), "5");
  EXPECT_THAT(refused.message(), HasSubstr("and 2 more"));

  EXPECT_TRUE(harness.ReopenWith(DefaultPools()).ok()) << "nothing was changed by the refusals";
  EXPECT_EQ(harness.Usage("databases").used, 5);
}

TEST(LeaseStateTest, FixedAddressOfAnotherOwnerIsAContradiction) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases").ok());
  std::vector<PoolConfig> pools = DefaultPools();
  FindPool(&pools, "databases")->fixed[TestAddress(30)] = "db/b";
  EXPECT_THAT(harness.ReopenWith(pools).message(), HasSubstr("fixed for db/b"));
  FindPool(&pools, "databases")->fixed[TestAddress(30)] = "db/a";
  EXPECT_TRUE(harness.ReopenWith(pools).ok());
}

TEST(LeaseStateTest, AFixedAddressThatMovedAwayFromItsLeaseIsAContradiction) {
  BookHarness harness;
  ASSERT_EQ(harness.Allocate("runtime/php", "runtimes")->address, TestAddress(100));
  std::vector<PoolConfig> pools = DefaultPools();
  FindPool(&pools, "runtimes")->fixed = {{TestAddress(110), "runtime/php"}};
  const absl::Status refused = harness.ReopenWith(pools);
  EXPECT_EQ(ErrorReason(refused), "CONFIG_CONTRADICTS_LEASES");
  EXPECT_THAT(refused.message(), HasSubstr("runtime/php at 10.163.0.100"));
  EXPECT_THAT(refused.message(), HasSubstr("10.163.0.110 is fixed for it"));

  ASSERT_TRUE(harness.ReopenWith(DefaultPools()).ok());
  ASSERT_TRUE(harness.Release("runtime/php").ok());
  ASSERT_TRUE(harness.ReopenWith(pools).ok()) << "without a lease there is no contradiction";
  EXPECT_EQ(harness.Allocate("runtime/php", "runtimes")->address, TestAddress(110));
}

TEST(LeaseStateTest, ARemovedPoolAndAFixedOnlyPoolAreContradictions) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases").ok());
  std::vector<PoolConfig> pools = DefaultPools();
  FindPool(&pools, "databases")->name = "other";
  EXPECT_THAT(harness.ReopenWith(pools).message(), HasSubstr("its pool is gone"));
  pools = DefaultPools();
  FindPool(&pools, "databases")->fixed_only = true;
  EXPECT_THAT(harness.ReopenWith(pools).message(), HasSubstr("fixed addresses only"));
}

TEST(LeaseStateTest, RestsSurviveARestart) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases").ok());
  ASSERT_TRUE(harness.Release("db/a").ok());
  harness.clock().Advance(absl::Seconds(20));
  ASSERT_TRUE(harness.Reopen().ok());
  EXPECT_EQ(harness.Usage("databases").resting, 1);
  EXPECT_EQ(harness.Allocate("db/b", "databases")->address, TestAddress(31));
  harness.clock().Advance(absl::Seconds(39));
  EXPECT_EQ(harness.Allocate("db/c", "databases")->address, TestAddress(32));
  harness.clock().Advance(absl::Seconds(1));
  EXPECT_EQ(harness.Allocate("db/d", "databases")->address, TestAddress(30));
  EXPECT_EQ(harness.CountKeys("resting/"), 0u)
      << "the transaction of the new lease deletes the record";
}

TEST(LeaseStateTest, AfterTheClockWasSetBackARestLastsOneCooldownAtMost) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases").ok());
  ASSERT_TRUE(harness.Release("db/a").ok());
  harness.clock().StepWall(-absl::Hours(100));
  ASSERT_TRUE(harness.Reopen().ok());
  EXPECT_EQ(harness.Usage("databases").resting, 1);
  harness.clock().Advance(absl::Seconds(60));
  EXPECT_EQ(harness.Usage("databases").resting, 0);
}

TEST(LeaseStateTest, AClockStepWhileRunningDoesNotShortenARest) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases").ok());
  ASSERT_TRUE(harness.Release("db/a").ok());
  harness.clock().StepWall(absl::Hours(100));
  EXPECT_EQ(harness.Usage("databases").resting, 1);
}

TEST(LeaseStateTest, DamageIsRefused) {
  BookHarness harness;
  StoreTransaction broken;
  broken.ops = {{StoreOp::Type::kPut, "lease/db/a", "\xff\xff"}};
  ASSERT_TRUE(harness.store().CommitAndWait(broken).ok());
  EXPECT_EQ(ErrorReason(harness.Reopen()), "DAMAGED_RECORD");
}

TEST(LeaseStateTest, TwoLeasesOfOneAddressAreDamage) {
  BookHarness harness;
  Lease lease{"db/a", "databases", TestAddress(30), {}, absl::UnixEpoch(), 0};
  StoreTransaction broken;
  broken.ops = {{StoreOp::Type::kPut, LeaseKey("db/a"), EncodeLease(lease)},
                {StoreOp::Type::kPut, LeaseKey("db/b"), EncodeLease(lease)}};
  ASSERT_TRUE(harness.store().CommitAndWait(broken).ok());
  EXPECT_EQ(ErrorMetadataValue(harness.Reopen(), "key"), "lease/db/b");
}

}  // namespace
}  // namespace mpd::ipam
