#include "dnsd-controller/verify/convergence_tracker.h"

#include <gtest/gtest.h>

#include "common/dns/dns_message.h"

namespace mpd::dnsd {
namespace {

ExpectedAnswer A(const std::string& name, const std::string& value) {
  return {name, DnsType::kA, value};
}

ConvergenceTracker::Item PendingItem(const ConvergenceTracker& tracker, const std::string& name) {
  for (const ConvergenceTracker::Item& item : tracker.ListPending()) {
    if (item.expected.name == name) return item;
  }
  ADD_FAILURE() << name << " is not pending";
  return {};
}

TEST(ConvergenceTrackerTest, ARevisionIsPublishedOnceAllItsAnswersAreVerified) {
  ConvergenceTracker tracker;
  tracker.AddBatch(7, {A("a", "1"), A("b", "2")});
  EXPECT_TRUE(tracker.MarkVerified(PendingItem(tracker, "a")));
  EXPECT_EQ(tracker.published_revision(), 0);
  EXPECT_TRUE(tracker.MarkVerified(PendingItem(tracker, "b")));
  EXPECT_EQ(tracker.published_revision(), 7);
}

TEST(ConvergenceTrackerTest, ARevisionWithoutVisibleChangeIsPublishedAtOnce) {
  ConvergenceTracker tracker;
  tracker.AddBatch(3, {});
  EXPECT_EQ(tracker.published_revision(), 3);
}

TEST(ConvergenceTrackerTest, ALaterRevisionWaitsForAnEarlierOne) {
  ConvergenceTracker tracker;
  tracker.AddBatch(1, {A("a", "1")});
  tracker.AddBatch(2, {A("b", "2")});
  tracker.AddBatch(3, {});
  tracker.MarkVerified(PendingItem(tracker, "b"));
  EXPECT_EQ(tracker.published_revision(), 0);
  tracker.MarkVerified(PendingItem(tracker, "a"));
  EXPECT_EQ(tracker.published_revision(), 3);
}

TEST(ConvergenceTrackerTest, AnEarlierRevisionDoesNotWaitForALaterOne) {
  ConvergenceTracker tracker;
  tracker.AddBatch(1, {A("a", "1")});
  tracker.AddBatch(2, {A("b", "2")});
  tracker.MarkVerified(PendingItem(tracker, "a"));
  EXPECT_EQ(tracker.published_revision(), 1);
}

TEST(ConvergenceTrackerTest, TheAnswerPendingLongestIsListedFirst) {
  ConvergenceTracker tracker;
  tracker.AddBatch(1, {A("z", "1")});
  tracker.AddBatch(2, {A("b", "2"), A("a", "2")});
  tracker.AddBatch(3, {A("z", "3")});
  ASSERT_EQ(tracker.ListPending(2).size(), 2u);
  EXPECT_EQ(tracker.ListPending(2)[0].expected, A("z", "3")) << "a changed answer keeps its place";
  EXPECT_EQ(tracker.ListPending(2)[1].expected.name, "b");
  const int64_t oldest = tracker.oldest_pending();
  tracker.MarkVerified(PendingItem(tracker, "a"));
  EXPECT_EQ(tracker.oldest_pending(), oldest) << "verifying another answer does not change it";
  tracker.MarkVerified(PendingItem(tracker, "z"));
  EXPECT_NE(tracker.oldest_pending(), oldest);
  EXPECT_EQ(tracker.ListPending(1)[0].expected.name, "b");
  EXPECT_EQ(tracker.ListPending().size(), 1u);
}

TEST(ConvergenceTrackerTest, AnAnswerFromBeforeAChangeVerifiesNothing) {
  ConvergenceTracker tracker;
  tracker.AddBatch(1, {A("a", "1")});
  const ConvergenceTracker::Item old = PendingItem(tracker, "a");
  tracker.AddBatch(2, {A("a", "2")});
  EXPECT_FALSE(tracker.MarkVerified(old));
  EXPECT_EQ(tracker.published_revision(), 0);
  EXPECT_EQ(PendingItem(tracker, "a").expected.value, "2");
  EXPECT_TRUE(tracker.MarkVerified(PendingItem(tracker, "a")));
  EXPECT_EQ(tracker.published_revision(), 2);
  EXPECT_FALSE(tracker.MarkVerified(old));
}

TEST(ConvergenceTrackerTest, WhileHeldNothingIsPublished) {
  ConvergenceTracker tracker;
  tracker.AddBatch(1, {});
  tracker.Hold(true);
  tracker.AddBatch(2, {});
  tracker.AddBatch(3, {A("a", "1")});
  tracker.MarkVerified(PendingItem(tracker, "a"));
  EXPECT_EQ(tracker.published_revision(), 1);
  tracker.Hold(false);
  EXPECT_EQ(tracker.published_revision(), 3);
}

TEST(ConvergenceTrackerTest, AfterNewStoreRevisionsStartFromZero) {
  ConvergenceTracker tracker;
  tracker.AddBatch(100, {});
  tracker.AddBatch(101, {A("a", "1")});
  const ConvergenceTracker::Item old = PendingItem(tracker, "a");
  tracker.NewStore();
  EXPECT_EQ(tracker.published_revision(), 0);
  tracker.AddBatch(5, {A("b", "2")});
  tracker.MarkVerified(PendingItem(tracker, "b"));
  EXPECT_EQ(tracker.published_revision(), 0)
      << "what is pending of the old store still has to be verified";
  tracker.MarkVerified(old);
  EXPECT_EQ(tracker.published_revision(), 5);
}

TEST(ConvergenceTrackerTest, ManyRevisionsOfOneNameKeepOnePendingAnswer) {
  ConvergenceTracker tracker;
  tracker.AddBatch(1, {A("a", "1")});
  for (int64_t revision = 2; revision < 10'000; ++revision) {
    tracker.AddBatch(revision, {A("a", std::to_string(revision))});
  }
  EXPECT_EQ(tracker.pending_count(), 1u);
  tracker.MarkVerified(PendingItem(tracker, "a"));
  EXPECT_EQ(tracker.published_revision(), 9'999);
}

}  // namespace
}  // namespace mpd::dnsd
