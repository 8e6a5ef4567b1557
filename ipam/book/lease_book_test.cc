#include "ipam/book/lease_book.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/one_shot.h"
#include "common/base/status.h"
#include "common/store/store_errors.h"
#include "ipam/leases/lease_record.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::ipam {
namespace {

absl::Status Unavailable() { return StoreErrors::Unavailable("ipam.db", "no space"); }

// The result of a call that has been submitted and is waited for later.
class Pending {
 public:
  OutcomeCallback callback() {
    return [this](absl::StatusOr<Outcome> outcome) {
      done_ = true;
      result_.Set(std::move(outcome));
    };
  }
  bool done() const { return done_; }
  absl::StatusOr<Outcome> Wait() { return result_.Wait(); }

 private:
  std::atomic<bool> done_ = false;
  OneShot<absl::StatusOr<Outcome>> result_;
};

AllocateParams Ask(const std::string& owner, std::vector<std::string> hostnames = {}) {
  return {owner, "databases", std::nullopt, std::move(hostnames), {}};
}

TEST(LeaseBookTest, TheSameOwnerGetsTheSameLeaseBackUnchanged) {
  BookHarness harness;
  const auto first = harness.Allocate("db/a", "databases", {"a.db"});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->address, TestAddress(30));
  EXPECT_GT(first->revision, 0);
  const auto second = harness.Allocate("db/a", "runtimes", {"other"});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->address, first->address);
  EXPECT_EQ(second->hostnames, first->hostnames);
  EXPECT_EQ(second->revision, first->revision);
}

TEST(LeaseBookTest, SeventyDatabasesAndNoMore) {
  BookHarness harness;
  for (int i = 0; i < 70; ++i) {
    const auto lease = harness.Allocate(absl::StrCat("db/d", i), "databases");
    ASSERT_TRUE(lease.ok()) << lease.status();
    EXPECT_EQ(lease->address, TestAddress(30 + i));
  }
  const auto refused = harness.Allocate("db/d70", "databases");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(refused.status()), "POOL_EXHAUSTED");
  EXPECT_EQ(ErrorMetadataValue(refused.status(), "pool"), "databases");
  EXPECT_EQ(ErrorMetadataValue(refused.status(), "capacity"), "70");
  EXPECT_EQ(harness.Usage("databases").used, 70);

  ASSERT_TRUE(harness.Release("db/d40").ok());
  EXPECT_EQ(harness.Allocate("db/d70", "databases")->address, TestAddress(70))
      << "a rest is cut short when nothing else is free";
}

TEST(LeaseBookTest, FixedAddresses) {
  BookHarness harness;
  EXPECT_EQ(harness.Allocate("runtime/node", "runtimes")->address, TestAddress(101));
  EXPECT_EQ(harness.Allocate("runtime/go", "runtimes")->address, TestAddress(103));
  EXPECT_EQ(harness.Allocate("service/portal", "services")->address, TestAddress(4));
  const auto taken = harness.Allocate({"runtime/go2", "runtimes", TestAddress(100), {}, {}});
  EXPECT_EQ(ErrorReason(taken.status()), "ADDRESS_TAKEN");
  EXPECT_EQ(ErrorMetadataValue(taken.status(), "owner"), "runtime/php");
}

TEST(LeaseBookTest, RefusalsNameTheOwnerOfAddressOrHostname) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases", {"a.db"}).ok());
  const auto name = harness.Allocate("db/b", "databases", {"b.db", "a.db"});
  EXPECT_EQ(name.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(name.status()), "HOSTNAME_TAKEN");
  EXPECT_EQ(ErrorMetadataValue(name.status(), "owner"), "db/a");
  EXPECT_EQ(ErrorMetadataValue(name.status(), "hostname"), "a.db");
  const auto address = harness.Allocate({"db/b", "databases", TestAddress(30), {}, {}});
  EXPECT_EQ(ErrorReason(address.status()), "ADDRESS_TAKEN");
  EXPECT_EQ(ErrorMetadataValue(address.status(), "owner"), "db/a");
  EXPECT_EQ(ErrorReason(harness.Allocate("db/b", "nowhere").status()), "POOL_NOT_FOUND");
  EXPECT_EQ(ErrorReason(harness.Allocate({"db/b", "runtimes", TestAddress(30), {}, {}}).status()),
            "ADDRESS_NOT_IN_POOL");
  EXPECT_TRUE(harness.Allocate("db/b", "databases", {"b.db"}).ok()) << "something stayed reserved";
}

TEST(LeaseBookTest, UpdateReplacesHostnames) {
  BookHarness harness;
  const auto lease = harness.Allocate("db/a", "databases", {"a.db", "old"});
  const std::string etag = LeaseEtag(harness.store().store_id(), lease->revision);
  const auto updated = harness.Update({"db/a", {"new", "a.db"}, etag, {}});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->lease->hostnames, (std::vector<std::string>{"new", "a.db"}));
  EXPECT_GT(updated->lease->revision, lease->revision);
  EXPECT_TRUE(harness.Allocate("db/b", "databases", {"old"}).ok()) << "a dropped name is free";
  EXPECT_EQ(ErrorReason(harness.Allocate("db/c", "databases", {"new"}).status()), "HOSTNAME_TAKEN");
  EXPECT_EQ(ErrorReason(harness.Update({"db/b", {"a.db"}, "", {}}).status()), "HOSTNAME_TAKEN");

  const auto stale = harness.Update({"db/a", {"x"}, etag, {}});
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(stale.status()), "ETAG_MISMATCH");
  EXPECT_EQ(ErrorReason(harness.Update({"db/none", {}, "", {}}).status()), "LEASE_NOT_FOUND");
  EXPECT_EQ(harness.Update({"db/a", {"new", "a.db"}, "", {}})->lease->revision,
            updated->lease->revision)
      << "the same hostnames change nothing";
}

TEST(LeaseBookTest, ReleaseIsIdempotentAndFreesNames) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases", {"a.db"}).ok());
  const auto released = harness.Release("db/a");
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_EQ(*harness.Release("db/a"), *released);
  EXPECT_EQ(ErrorReason(harness.book().GetByOwner("db/a").status()), "LEASE_NOT_FOUND");
  EXPECT_EQ(ErrorReason(harness.book().GetByAddress(TestAddress(30)).status()), "LEASE_NOT_FOUND");
  EXPECT_EQ(harness.Usage("databases").used, 0);
  EXPECT_EQ(harness.Usage("databases").resting, 1);
  EXPECT_EQ(harness.Allocate("db/b", "databases", {"a.db"})->address, TestAddress(31));
}

TEST(LeaseBookTest, ALeaseIsReturnedOnlyOnceItIsDurable) {
  BookHarness harness;
  Pending first, same_owner, same_name;
  harness.store().Hold();
  harness.book().Submit(MakeAllocation(Ask("db/a", {"a.db"}), first.callback()));
  harness.book().Submit(MakeAllocation(Ask("db/a"), same_owner.callback()));
  harness.book().Submit(MakeAllocation(Ask("db/b", {"a.db"}), same_name.callback()));
  harness.store().WaitForHeld(1);
  EXPECT_FALSE(first.done() || same_owner.done() || same_name.done());
  EXPECT_EQ(ErrorReason(harness.book().GetByOwner("db/a").status()), "LEASE_NOT_FOUND");
  EXPECT_EQ(ErrorReason(harness.book().GetByAddress(TestAddress(30)).status()), "LEASE_NOT_FOUND");
  EXPECT_EQ(harness.Usage("databases").used, 0);
  harness.store().Resume();
  const auto lease = first.Wait();
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(same_owner.Wait()->lease->revision, lease->lease->revision);
  EXPECT_EQ(ErrorReason(same_name.Wait().status()), "HOSTNAME_TAKEN");
}

class RefusalTest : public testing::TestWithParam<bool> {};

TEST_P(RefusalTest, GivesBackWhatWasReserved) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases", {"a.db"}).ok());
  harness.store().Refuse(Unavailable(), GetParam());
  const auto refused = harness.Allocate("db/b", "databases", {"b.db"});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(refused.status()), "STORE_UNAVAILABLE");
  EXPECT_EQ(ErrorReason(harness.Update({"db/a", {"a.db", "b.db"}, "", {}}).status()),
            "STORE_UNAVAILABLE");
  EXPECT_EQ(ErrorReason(harness.Release("db/a").status()), "STORE_UNAVAILABLE");
  EXPECT_EQ(harness.book().GetByOwner("db/a")->hostnames, std::vector<std::string>{"a.db"});

  harness.store().Refuse(absl::OkStatus());
  EXPECT_EQ(harness.Allocate("db/c", "databases", {"b.db"})->address, TestAddress(31));
  EXPECT_EQ(ErrorReason(harness.Allocate("db/d", "databases", {"a.db"}).status()),
            "HOSTNAME_TAKEN");
  EXPECT_TRUE(harness.Release("db/a").ok());
  EXPECT_TRUE(harness.Allocate("db/d", "databases", {"a.db"}).ok());
}

TEST_P(RefusalTest, ProcessesTheCallsThatWaited) {
  BookHarness harness;
  Pending first, same_name;
  harness.store().Hold();
  harness.book().Submit(MakeAllocation(Ask("db/a", {"x"}), first.callback()));
  harness.store().WaitForHeld(1);
  harness.book().Submit(MakeRelease({"db/a", {}}, same_name.callback()));
  harness.store().Refuse(Unavailable(), GetParam());
  harness.store().Resume();
  EXPECT_EQ(ErrorReason(first.Wait().status()), "STORE_UNAVAILABLE");
  EXPECT_TRUE(same_name.Wait().ok()) << "there is nothing to release";
}

TEST_P(RefusalTest, KeepsTheRestOfTheAddress) {
  BookHarness harness({{"databases", TestAddress(30), TestAddress(30), {}, false}});
  ASSERT_TRUE(harness.Allocate("db/a", "databases").ok());
  ASSERT_TRUE(harness.Release("db/a").ok());
  harness.store().Refuse(Unavailable(), GetParam());
  EXPECT_FALSE(harness.Allocate("db/b", "databases").ok());
  EXPECT_EQ(harness.Usage("databases").resting, 1);
  harness.store().Refuse(absl::OkStatus());
  EXPECT_TRUE(harness.Allocate("db/b", "databases").ok());
  EXPECT_EQ(harness.CountKeys("resting/"), 0u);
}

INSTANTIATE_TEST_SUITE_P(LateOrAtOnce, RefusalTest, testing::Bool());

TEST(LeaseBookTest, StaleRestRecordsAreDeleted) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases").ok());
  ASSERT_TRUE(harness.Release("db/a").ok());
  EXPECT_EQ(harness.book().DeleteStaleRests(), 0u);
  EXPECT_EQ(harness.CountKeys("resting/"), 1u);
  harness.clock().Advance(absl::Seconds(61));
  harness.store().Refuse(Unavailable());
  EXPECT_EQ(harness.book().DeleteStaleRests(), 1u);
  ASSERT_TRUE(harness.store().CommitAndWait({}).ok());
  EXPECT_EQ(harness.CountKeys("resting/"), 1u);
  harness.store().Refuse(absl::OkStatus());
  EXPECT_EQ(harness.book().DeleteStaleRests(), 1u) << "the deletion is retried";
  ASSERT_TRUE(harness.store().CommitAndWait({}).ok());
  EXPECT_EQ(harness.CountKeys("resting/"), 0u);
}

TEST(LeaseBookTest, ChangesOfOneOwnerEndInTheirOrder) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate("db/a", "databases").ok());
  std::vector<Pending> calls(50);
  harness.store().Hold();
  for (int i = 0; i < 50; ++i) {
    harness.book().Submit(
        MakeHostnameUpdate({"db/a", {absl::StrCat("h", i)}, "", {}}, calls[i].callback()));
  }
  harness.store().Resume();
  int64_t last = 0;
  for (int i = 0; i < 50; ++i) {
    const auto outcome = calls[i].Wait();
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->lease->hostnames[0], absl::StrCat("h", i));
    EXPECT_GT(outcome->revision, last);
    last = outcome->revision;
  }
}

// Allocates, renames and releases leases of shared owners, with hostnames that other threads want.
void ChangeLeases(BookHarness* harness, int thread) {
  constexpr int kCalls = 30;
  for (int i = 0; i < kCalls; ++i) {
    const std::string owner = absl::StrCat("db/o", (thread * 7 + i * 3) % 90);
    const std::string name = absl::StrCat("n", (thread + i) % 40);
    if (i % 3 == 0) {
      harness->Release(owner).IgnoreError();
    } else if (i % 3 == 1) {
      harness->Allocate(owner, "databases", {name}).IgnoreError();
    } else {
      harness->Update({owner, {name, absl::StrCat("m", thread % 10)}, "", {}}).IgnoreError();
    }
  }
}

void ExpectOneOwnerEach(Store* store, int64_t revision) {
  const auto range = store->Range({"lease/", "", revision, 0});
  ASSERT_TRUE(range.ok()) << range.status();
  std::set<std::string> names;
  std::set<Ipv4Address> addresses;
  for (const KeyValue& kv : range->kvs) {
    const auto lease = DecodeLease(kv);
    ASSERT_TRUE(lease.ok()) << lease.status();
    EXPECT_TRUE(addresses.insert(lease->address).second) << "at revision " << revision;
    for (const std::string& hostname : lease->hostnames) {
      EXPECT_TRUE(names.insert(hostname).second) << hostname << " at revision " << revision;
    }
  }
}

// At no revision of the log may an address or a hostname have two owners.
TEST(LeaseBookTest, InvariantsHoldUnderSixtyFourThreads) {
  BookHarness harness;
  std::vector<std::thread> threads;
  for (int t = 0; t < 64; ++t) threads.emplace_back([&harness, t] { ChangeLeases(&harness, t); });
  for (std::thread& thread : threads) thread.join();
  const int64_t used = harness.Usage("databases").used;
  ASSERT_TRUE(harness.Reopen().ok()) << "loading checks addresses and hostnames for duplicates";
  EXPECT_EQ(harness.Usage("databases").used, used);
  EXPECT_GT(used, 0);
  const int64_t newest = harness.store().revision();
  for (int64_t revision = 1; revision <= newest; ++revision) {
    ExpectOneOwnerEach(&harness.store(), revision);
  }
}

TEST(LeaseBookTest, SixtyFourCallersOfOneOwnerGetOneLease) {
  BookHarness harness;
  std::vector<Pending> calls(64);
  std::vector<std::thread> threads;
  for (Pending& call : calls) {
    threads.emplace_back(
        [&] { harness.book().Submit(MakeAllocation(Ask("db/a"), call.callback())); });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<int64_t> revisions;
  for (Pending& call : calls) {
    const auto outcome = call.Wait();
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    revisions.insert(outcome->lease->revision);
  }
  EXPECT_EQ(revisions.size(), 1u);
  EXPECT_EQ(harness.Usage("databases").used, 1);
}

}  // namespace
}  // namespace mpd::ipam
