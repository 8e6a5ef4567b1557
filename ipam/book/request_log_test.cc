#include "ipam/book/request_log.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/one_shot.h"
#include "common/base/status.h"
#include "common/store/store_errors.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::ipam {
namespace {

AllocateParams Ask(const std::string& owner, const std::string& id, std::string print = "p") {
  return {owner, "databases", std::nullopt, {}, {id, std::move(print)}};
}

// Waits until the worker has done all jobs that were posted so far.
void AwaitWorker(BookHarness* harness) {
  OneShot<bool> done;
  ASSERT_TRUE(harness->worker().Post([&] { done.Set(true); }));
  done.Wait();
}

TEST(RequestLogTest, RepeatingReturnsTheFirstSuccess) {
  BookHarness harness;
  const auto first = harness.Allocate(Ask("db/a", "r1"));
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(harness.Update({"db/a", {"later"}, "", {}}).ok());
  auto again = harness.Allocate(Ask("db/a", "r1"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->lease->revision, first->lease->revision);
  EXPECT_TRUE(again->lease->hostnames.empty());

  ASSERT_TRUE(harness.Release("db/a").ok());
  ASSERT_TRUE(harness.Reopen().ok());
  again = harness.Allocate(Ask("db/a", "r1"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->lease->revision, first->lease->revision);
  EXPECT_FALSE(harness.book().GetByOwner("db/a").ok()) << "the repetition allocated again";
}

TEST(RequestLogTest, TheReplyToACallThatChangedNothingIsRememberedToo) {
  BookHarness harness;
  const auto lease = harness.Allocate("db/a", "databases");
  const auto known = harness.Allocate(Ask("db/a", "r1"));
  EXPECT_EQ(known->lease->revision, lease->revision);
  ASSERT_TRUE(harness.Release("db/a").ok());
  EXPECT_EQ(harness.Allocate(Ask("db/a", "r1"))->lease->revision, lease->revision);
  const auto nothing = harness.Release(ReleaseParams{"db/none", {"r2", "p"}});
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  ASSERT_TRUE(harness.Allocate("db/none", "databases").ok());
  EXPECT_EQ(harness.Release(ReleaseParams{"db/none", {"r2", "p"}})->revision, nothing->revision);
  EXPECT_TRUE(harness.book().GetByOwner("db/none").ok());
}

TEST(RequestLogTest, ARepetitionGetsTheFirstReplyWhateverHasChangedSince) {
  BookHarness harness;
  const auto lease = harness.Allocate("db/a", "databases");
  const std::string etag = LeaseEtag(harness.store().store_id(), lease->revision);
  const UpdateParams update{"db/a", {"x"}, etag, {"r1", "p"}};
  const auto first = harness.Update(update);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = harness.Update(update);
  ASSERT_TRUE(again.ok()) << "the etag is old, but the reply is known: " << again.status();
  EXPECT_EQ(again->lease->revision, first->lease->revision);
}

TEST(RequestLogTest, AnIdUsedWithOtherContentIsRefused) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate(Ask("db/a", "r1", "one")).ok());
  const auto other = harness.Allocate(Ask("db/b", "r1", "two"));
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(other.status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(ErrorMetadataValue(other.status(), "request_id"), "r1");
  EXPECT_FALSE(harness.book().GetByOwner("db/b").ok());
}

TEST(RequestLogTest, ErrorsAreNotRemembered) {
  BookHarness harness;
  AllocateParams ask = Ask("db/a", "r1");
  ask.hostnames = {"x"};
  ASSERT_TRUE(harness.Allocate("db/b", "databases", {"x"}).ok());
  EXPECT_EQ(ErrorReason(harness.Allocate(ask).status()), "HOSTNAME_TAKEN");
  ASSERT_TRUE(harness.Release("db/b").ok());
  EXPECT_TRUE(harness.Allocate(ask).ok());

  harness.store().Refuse(StoreErrors::Unavailable("ipam.db", "no space"));
  EXPECT_FALSE(harness.Allocate(Ask("db/c", "r2")).ok());
  harness.store().Refuse(absl::OkStatus());
  EXPECT_TRUE(harness.Allocate(Ask("db/c", "r2", "other content")).ok());
}

TEST(RequestLogTest, ARepetitionWhileTheFirstIsUnderWayWaitsForIt) {
  BookHarness harness;
  harness.store().Hold();
  OneShot<absl::StatusOr<Outcome>> first, again, other;
  const auto set = [](OneShot<absl::StatusOr<Outcome>>* answer) {
    return [answer](absl::StatusOr<Outcome> outcome) { answer->Set(std::move(outcome)); };
  };
  harness.book().Submit(MakeAllocation(Ask("db/a", "r1"), set(&first)));
  harness.book().Submit(MakeAllocation(Ask("db/a", "r1"), set(&again)));
  harness.book().Submit(MakeAllocation(Ask("db/b", "r1", "two"), set(&other)));
  harness.store().Resume();
  const auto lease = first.Wait();
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(again.Wait()->lease->revision, lease->lease->revision);
  EXPECT_EQ(ErrorReason(other.Wait().status()), "REQUEST_ID_REUSED");
}

TEST(RequestLogTest, AnIdThatIsThePrefixOfAnotherIsDifferent) {
  BookHarness harness;
  ASSERT_TRUE(harness.Allocate(Ask("db/a", "r10")).ok());
  EXPECT_EQ(harness.Allocate(Ask("db/b", "r1"))->lease->owner, "db/b");
  EXPECT_EQ(harness.Allocate(Ask("db/b", "r1"))->lease->owner, "db/b");
}

TEST(RequestLogTest, IsSweptAfterADay) {
  BookHarness harness;
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(harness.Release(ReleaseParams{"db/a", {absl::StrCat("old", i), "p"}}).ok());
  }
  harness.clock().Advance(absl::Hours(23));
  ASSERT_TRUE(harness.Allocate(Ask("db/a", "young")).ok());
  harness.book().SweepRequests();
  AwaitWorker(&harness);
  EXPECT_EQ(harness.CountKeys("request/"), 601u);
  harness.clock().Advance(absl::Hours(1) + absl::Seconds(1));
  harness.book().SweepRequests();
  AwaitWorker(&harness);
  EXPECT_EQ(harness.CountKeys("request/"), 1u);
  EXPECT_TRUE(harness.Allocate(Ask("db/b", "old7", "other")).ok()) << "the id may be used again";
}

}  // namespace
}  // namespace mpd::ipam
