#include "dnsd-controller/verify/convergence_tracker.h"

#include <gtest/gtest.h>

#include "common/dns/dns_message.h"

namespace mpd::dnsd {
namespace {

ExpectedAnswer A(const std::string& name, const std::string& value) {
  return {name, DnsType::kA, value};
}

ConvergenceTracker::Item ItemOf(const ConvergenceTracker& book, const std::string& name) {
  for (const ConvergenceTracker::Item& item : book.Owed()) {
    if (item.expectation.name == name) return item;
  }
  ADD_FAILURE() << name << " is not owed";
  return {};
}

TEST(ProofBookTest, ARevisionIsPublishedOnceAllOfItIsProved) {
  ConvergenceTracker book;
  book.AddBatch(7, {A("a", "1"), A("b", "2")});
  EXPECT_TRUE(book.Prove(ItemOf(book, "a")));
  EXPECT_EQ(book.published_revision(), 0);
  EXPECT_TRUE(book.Prove(ItemOf(book, "b")));
  EXPECT_EQ(book.published_revision(), 7);
}

TEST(ProofBookTest, ARevisionWithoutVisibleChangeIsPublishedAtOnce) {
  ConvergenceTracker book;
  book.AddBatch(3, {});
  EXPECT_EQ(book.published_revision(), 3);
}

TEST(ProofBookTest, ALaterRevisionWaitsForAnEarlierOne) {
  ConvergenceTracker book;
  book.AddBatch(1, {A("a", "1")});
  book.AddBatch(2, {A("b", "2")});
  book.AddBatch(3, {});
  book.Prove(ItemOf(book, "b"));
  EXPECT_EQ(book.published_revision(), 0);
  book.Prove(ItemOf(book, "a"));
  EXPECT_EQ(book.published_revision(), 3);
}

TEST(ProofBookTest, AnEarlierRevisionDoesNotWaitForALaterOne) {
  ConvergenceTracker book;
  book.AddBatch(1, {A("a", "1")});
  book.AddBatch(2, {A("b", "2")});
  book.Prove(ItemOf(book, "a"));
  EXPECT_EQ(book.published_revision(), 1);
}

TEST(ProofBookTest, TheLongestOwedIsToldFirst) {
  ConvergenceTracker book;
  book.AddBatch(1, {A("z", "1")});
  book.AddBatch(2, {A("b", "2"), A("a", "2")});
  book.AddBatch(3, {A("z", "3")});
  ASSERT_EQ(book.Owed(2).size(), 2u);
  EXPECT_EQ(book.Owed(2)[0].expectation, A("z", "3")) << "a change keeps its place";
  EXPECT_EQ(book.Owed(2)[1].expectation.name, "b");
  const int64_t oldest = book.oldest();
  book.Prove(ItemOf(book, "a"));
  EXPECT_EQ(book.oldest(), oldest) << "another one is no progress";
  book.Prove(ItemOf(book, "z"));
  EXPECT_NE(book.oldest(), oldest);
  EXPECT_EQ(book.Owed(1)[0].expectation.name, "b");
  EXPECT_EQ(book.Owed().size(), 1u);
}

TEST(ProofBookTest, AnAnswerFromBeforeAChangeProvesNothing) {
  ConvergenceTracker book;
  book.AddBatch(1, {A("a", "1")});
  const ConvergenceTracker::Item old = ItemOf(book, "a");
  book.AddBatch(2, {A("a", "2")});
  EXPECT_FALSE(book.Prove(old));
  EXPECT_EQ(book.published_revision(), 0);
  EXPECT_EQ(ItemOf(book, "a").expectation.value, "2");
  EXPECT_TRUE(book.Prove(ItemOf(book, "a")));
  EXPECT_EQ(book.published_revision(), 2);
  EXPECT_FALSE(book.Prove(old));
}

TEST(ProofBookTest, WhileHeldNothingIsPublished) {
  ConvergenceTracker book;
  book.AddBatch(1, {});
  book.Hold(true);
  book.AddBatch(2, {});
  book.AddBatch(3, {A("a", "1")});
  book.Prove(ItemOf(book, "a"));
  EXPECT_EQ(book.published_revision(), 1);
  book.Hold(false);
  EXPECT_EQ(book.published_revision(), 3);
}

TEST(ProofBookTest, InANewStoreRevisionsCountAnew) {
  ConvergenceTracker book;
  book.AddBatch(100, {});
  book.AddBatch(101, {A("a", "1")});
  const ConvergenceTracker::Item owed = ItemOf(book, "a");
  book.NewStore();
  EXPECT_EQ(book.published_revision(), 0);
  book.AddBatch(5, {A("b", "2")});
  book.Prove(ItemOf(book, "b"));
  EXPECT_EQ(book.published_revision(), 0) << "what the old store owed is still owed";
  book.Prove(owed);
  EXPECT_EQ(book.published_revision(), 5);
}

TEST(ProofBookTest, ManyRevisionsThatWaitForOneNameTakeNoRoom) {
  ConvergenceTracker book;
  book.AddBatch(1, {A("a", "1")});
  for (int64_t revision = 2; revision < 10'000; ++revision) {
    book.AddBatch(revision, {A("a", std::to_string(revision))});
  }
  EXPECT_EQ(book.owed_count(), 1u);
  book.Prove(ItemOf(book, "a"));
  EXPECT_EQ(book.published_revision(), 9'999);
}

}  // namespace
}  // namespace mpd::dnsd
