// Leases as callers get, change and lose them.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/store_errors.h"
#include "ipam/api/ipam_service_test_util.h"

namespace mpd::ipam {
namespace {

TEST_F(IpamServiceTest, ALeaseFromAllocationToRelease) {
  const auto lease = Allocate("db/postgres-17", "databases", "postgres-17.db");
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(lease->owner(), "db/postgres-17");
  EXPECT_EQ(lease->pool(), "databases");
  EXPECT_EQ(lease->address(), "10.163.0.30");
  EXPECT_EQ(lease->hostnames(0), "postgres-17.db");
  EXPECT_EQ(lease->create_time().seconds(), absl::ToUnixSeconds(harness_.clock().Now().wall));
  EXPECT_GT(lease->revision(), 0);
  EXPECT_EQ(lease->store_id(), harness_.store().store_id());
  EXPECT_FALSE(lease->etag().empty());

  v1::GetLeaseRequest by_address;
  by_address.set_address("10.163.0.30");
  const auto found = Call(&v1::IpamService::StubInterface::GetLease, by_address);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->SerializeAsString(), lease->SerializeAsString());

  v1::UpdateLeaseRequest update;
  update.mutable_lease()->set_owner("db/postgres-17");
  update.mutable_lease()->add_hostnames("pg.db");
  update.set_etag(lease->etag());
  const auto updated = Call(&v1::IpamService::StubInterface::UpdateLease, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->hostnames(0), "pg.db");
  EXPECT_NE(updated->etag(), lease->etag());
  update.mutable_lease()->set_hostnames(0, "other.db");
  const auto stale = Call(&v1::IpamService::StubInterface::UpdateLease, update);
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(stale.status()), "ETAG_MISMATCH");

  const auto released = Release("db/postgres-17");
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_GT(released->revision(), updated->revision());
  EXPECT_EQ(released->store_id(), harness_.store().store_id());
  EXPECT_EQ(ErrorReason(Get("db/postgres-17").status()), "LEASE_NOT_FOUND");
  EXPECT_TRUE(Release("db/postgres-17").ok());
}

// Read, change, write back: the etag that came with the lease goes back with it.
TEST_F(IpamServiceTest, AnUpdateHonoursTheEtagOfTheLeaseItIsGiven) {
  const auto first = Allocate("runtime/php", "runtimes", "php.runtime");
  ASSERT_TRUE(first.ok()) << first.status();
  v1::UpdateLeaseRequest update;
  *update.mutable_lease() = *first;
  update.mutable_lease()->add_hostnames("shop");
  const auto second = Call(&v1::IpamService::StubInterface::UpdateLease, update);
  ASSERT_TRUE(second.ok()) << second.status();

  update.mutable_lease()->add_hostnames("blog");
  const auto stale = Call(&v1::IpamService::StubInterface::UpdateLease, update);
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(stale.status()), "ETAG_MISMATCH");
  EXPECT_EQ(ErrorMetadataValue(stale.status(), "current"), second->etag());
  EXPECT_EQ(Get("runtime/php")->hostnames_size(), 2) << "nothing was changed";

  update.set_etag(second->etag());
  const auto two = Call(&v1::IpamService::StubInterface::UpdateLease, update);
  EXPECT_EQ(two.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorMetadataValue(two.status(), "field"), "etag");

  update.mutable_lease()->clear_etag();
  EXPECT_TRUE(Call(&v1::IpamService::StubInterface::UpdateLease, update).ok());
  update.clear_etag();
  EXPECT_TRUE(Call(&v1::IpamService::StubInterface::UpdateLease, update).ok()) << "any etag does";
}

TEST_F(IpamServiceTest, AStoreThatAnotherProcessChangedIsAConflict) {
  ASSERT_TRUE(Allocate("db/a", "databases").ok());
  StoreTransaction foreign;
  foreign.ops = {{StoreOp::Type::kPut, "lease/db/a", "written behind the book's back"}};
  ASSERT_TRUE(harness_.store().CommitAndWait(std::move(foreign)).ok());
  const auto conflict = Release("db/a");
  EXPECT_EQ(conflict.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(conflict.status()), "STORE_CONFLICT");
  EXPECT_EQ(ErrorMetadataValue(conflict.status(), "owner"), "db/a");
}

TEST_F(IpamServiceTest, ErrorsCarryTheirDetails) {
  for (int i = 0; i < 70; ++i) {
    ASSERT_TRUE(Allocate(absl::StrCat("db/d", i), "databases").ok());
  }
  const auto exhausted = Allocate("db/d70", "databases");
  EXPECT_EQ(exhausted.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(exhausted.status()), "POOL_EXHAUSTED");
  EXPECT_EQ(ErrorMetadataValue(exhausted.status(), "pool"), "databases");
  EXPECT_EQ(ErrorMetadataValue(exhausted.status(), "capacity"), "70");
  EXPECT_EQ(Allocate("DB/x", "databases").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Allocate("db/x", "nowhere").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Call(&v1::IpamService::StubInterface::GetLease, v1::GetLeaseRequest()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(IpamServiceTest, RepetitionsAndReuseOfRequestIds) {
  const auto first = Allocate("db/a", "databases", "a.db", "id-1");
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(Release("db/a").ok());
  Restart();
  const auto again = Allocate("db/a", "databases", "a.db", "id-1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  const auto reused = Allocate("db/a", "databases", "b.db", "id-1");
  EXPECT_EQ(reused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(reused.status()), "REQUEST_ID_REUSED");
}

TEST_F(IpamServiceTest, SixtyFourCallersGetSixtyFourAddressesThatLast) {
  std::vector<std::thread> threads;
  std::vector<absl::StatusOr<v1::Lease>> leases(64, absl::UnknownError("no answer"));
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([this, i, &leases] {
      leases[i] = Allocate(absl::StrCat("db/d", i), "databases", absl::StrCat("d", i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  Restart();
  std::set<std::string> addresses;
  for (int i = 0; i < 64; ++i) {
    ASSERT_TRUE(leases[i].ok()) << leases[i].status();
    EXPECT_TRUE(addresses.insert(leases[i]->address()).second) << leases[i]->address();
    const auto found = Get(leases[i]->owner());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->SerializeAsString(), leases[i]->SerializeAsString());
  }
  EXPECT_EQ(*addresses.rbegin(), "10.163.0.93") << "the lowest 64 of them";
}

TEST_F(IpamServiceTest, ReadsGoOnWhileTheDiskRefuses) {
  ASSERT_TRUE(Allocate("db/a", "databases").ok());
  harness_.store().Refuse(StoreErrors::Unavailable("ipam.db", "no space left"));
  const auto refused = Allocate("db/b", "databases");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(refused.status()), "STORE_UNAVAILABLE");
  EXPECT_TRUE(Get("db/a").ok());
  EXPECT_EQ(List(0, "")->leases_size(), 1);
  harness_.store().Refuse(absl::OkStatus());
  EXPECT_TRUE(Allocate("db/b", "databases").ok());
}

}  // namespace
}  // namespace mpd::ipam
