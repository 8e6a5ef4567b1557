// Part of store_contract_test_suite.h: transactions.
#ifndef MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_COMMIT_TESTS_H_
#define MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_COMMIT_TESTS_H_

#include "common/store/contract/store_contract_test_suite.h"

namespace mpd {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(StoreContractTest, NewStoreIsEmptyAtRevisionZero) {
  EXPECT_EQ(store().revision(), 0);
  EXPECT_EQ(store().compact_revision(), 0);
  EXPECT_EQ(store().store_id().size(), 32u);
  const RangeResponse response = Range({});
  EXPECT_THAT(response.kvs, IsEmpty());
  EXPECT_EQ(response.revision, 0);
  EXPECT_FALSE(response.more);
}

TEST_P(StoreContractTest, EachTransactionTakesTheNextRevision) {
  EXPECT_EQ(Put("a", "1"), 1);
  EXPECT_EQ(Put("b", "2"), 2);
  EXPECT_EQ(Commit({{}, {{StoreOp::Type::kPut, "c", "3"}, {StoreOp::Type::kDelete, "a", ""}}}), 3);
  EXPECT_EQ(store().revision(), 3);
  EXPECT_THAT(All(), ElementsAre("b=2", "c=3"));
}

TEST_P(StoreContractTest, RevisionsOfAKey) {
  Put("other", "");
  Put("k", "1");
  Put("k", "2");
  KeyValue kv = Range({.prefix = "k"}).kvs.at(0);
  EXPECT_EQ(kv.create_revision, 2);
  EXPECT_EQ(kv.mod_revision, 3);
  Delete("k");
  Put("k", "3");
  kv = Range({.prefix = "k"}).kvs.at(0);
  EXPECT_EQ(kv.create_revision, 5) << "created anew";
  EXPECT_EQ(kv.mod_revision, 5);
}

TEST_P(StoreContractTest, CompareWithZeroMeansAbsent) {
  EXPECT_TRUE(Succeeds(PutIf("k", 0, "mine")));
  EXPECT_FALSE(Succeeds(PutIf("k", 0, "yours")));
  Delete("k");
  EXPECT_TRUE(Succeeds(PutIf("k", 0, "yours")));
  EXPECT_THAT(All(), ElementsAre("k=yours"));
}

TEST_P(StoreContractTest, CompareHoldsForTheLatestRevisionOnly) {
  const int64_t first = Put("k", "1");
  const int64_t second = Commit(PutIf("k", first, "2"));
  EXPECT_FALSE(Succeeds(PutIf("k", first, "3")));
  const int64_t deleted = Delete("k");
  EXPECT_FALSE(Succeeds(PutIf("k", second, "3")));
  EXPECT_FALSE(Succeeds(PutIf("k", deleted, "3"))) << "a deletion is no value";
  EXPECT_THAT(All(), IsEmpty());
}

TEST_P(StoreContractTest, ADeletionCanBeCompared) {
  const int64_t first = Put("k", "1");
  const auto delete_if = [](int64_t revision) {
    return StoreTransaction{{{"k", revision}}, {{StoreOp::Type::kDelete, "k"}}};
  };
  const int64_t second = Put("k", "2");
  EXPECT_FALSE(Succeeds(delete_if(first)));
  EXPECT_TRUE(Succeeds(delete_if(second)));
  EXPECT_FALSE(Succeeds(delete_if(second))) << "it is gone";
  EXPECT_TRUE(Succeeds(delete_if(0))) << "as asked, there is none; and nothing to delete";
  EXPECT_EQ(store().revision(), 3);
}

TEST_P(StoreContractTest, AllOfOneTransactionHasItsRevision) {
  Put("b", "old");
  const int64_t revision =
      Commit({{}, {{StoreOp::Type::kPut, "a", ""}, {StoreOp::Type::kPut, "b", ""}}});
  for (const KeyValue& kv : Range({}).kvs) EXPECT_EQ(kv.mod_revision, revision);
  EXPECT_EQ(Range({.prefix = "a"}).kvs.at(0).create_revision, revision);
  EXPECT_EQ(Range({.prefix = "b"}).kvs.at(0).create_revision, 1);
}

// Its own puts are not there to be compared with: all comparisons come before all operations.
TEST_P(StoreContractTest, ComparisonsAreOfWhatWasBefore) {
  EXPECT_TRUE(Succeeds({{{"k", 0}, {"k", 0}}, {{StoreOp::Type::kPut, "k", "1"}}}));
  EXPECT_FALSE(Succeeds({{{"k", 1}, {"k", 0}}, {{StoreOp::Type::kPut, "k", "2"}}}));
}

TEST_P(StoreContractTest, AFailedComparisonUndoesTheWhole) {
  Put("taken", "x");
  const absl::StatusOr<CommitResponse> response = store().CommitAndWait(
      {{{"free", 0}, {"taken", 0}},
       {{StoreOp::Type::kPut, "free", "1"}, {StoreOp::Type::kPut, "taken", "1"}}});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_FALSE(response->succeeded);
  EXPECT_EQ(response->revision, 1) << "the store's";
  EXPECT_THAT(All(), ElementsAre("taken=x"));
  EXPECT_EQ(Put("next", ""), 2) << "no revision was used up";
}

TEST_P(StoreContractTest, ComparedKeysNeedNotBeChanged) {
  const int64_t guard = Put("guard", "");
  EXPECT_TRUE(Succeeds({{{"guard", guard}}, {{StoreOp::Type::kPut, "k", "1"}}}));
  Put("guard", "moved");
  EXPECT_FALSE(Succeeds({{{"guard", guard}}, {{StoreOp::Type::kPut, "k", "2"}}}));
}

TEST_P(StoreContractTest, DeletingNothingTakesNoRevision) {
  Put("a", "");
  EXPECT_EQ(Delete("absent"), 1);
  EXPECT_EQ(Delete("a"), 2);
  EXPECT_EQ(Delete("a"), 2) << "twice";
  EXPECT_EQ(store().revision(), 2);
}

TEST_P(StoreContractTest, PuttingTheSameValueIsAChange) {
  EXPECT_EQ(Put("a", "1"), 1);
  EXPECT_EQ(Put("a", "1"), 2);
}

TEST_P(StoreContractTest, BarrierIsAnsweredAfterWhatWasBeforeIt) {
  std::atomic<int> answered = 0;
  for (int i = 0; i < 100; ++i) {
    store().Commit(PutOf(absl::StrCat("k", i), ""),
                   [&answered](const absl::StatusOr<CommitResponse>&) { ++answered; });
  }
  EXPECT_EQ(Commit({}), 100);
  EXPECT_EQ(answered, 100);
}

TEST_P(StoreContractTest, CallbacksComeInTheOrderOfCommits) {
  Mutex mutex;
  std::vector<int> order;
  std::vector<int64_t> revisions;
  for (int i = 0; i < 500; ++i) {
    store().Commit(PutOf("k", std::to_string(i)), [&, i](absl::StatusOr<CommitResponse> response) {
      MutexLock lock(&mutex);
      order.push_back(i);
      revisions.push_back(response.ok() ? response->revision : -1);
    });
  }
  Commit({});
  MutexLock lock(&mutex);
  ASSERT_EQ(order.size(), 500u);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(order[i], i);
    EXPECT_EQ(revisions[i], i + 1);
  }
}

TEST_P(StoreContractTest, WhatIsAnsweredCanBeReadInTheCallback) {
  OneShot<std::pair<RangeResponse, EventBatch>> seen;
  store().Commit(PutOf("k", "v"), [&](absl::StatusOr<CommitResponse>) {
    seen.Set({store().Range({}).value(), store().ReadEvents("", 1, 0).value()});
  });
  const std::pair<RangeResponse, EventBatch> read = seen.Wait();
  EXPECT_THAT(Described(read.first), ElementsAre("k=v"));
  EXPECT_THAT(Described(read.second.events), ElementsAre("put k=v @1"));
}

TEST_P(StoreContractTest, InvalidTransactionsAreRefusedAndHarmNoOther) {
  const std::string huge(5 * 1024 * 1024, 'x');
  OneShot<absl::StatusOr<CommitResponse>> before;
  store().Commit(PutOf("before", ""), [&](auto response) { before.Set(std::move(response)); });
  for (const StoreTransaction& bad :
       {PutOf("", "no key"), PutOf(std::string(5'000, 'k'), ""), PutOf("huge", huge),
        StoreTransaction{{},
                         {{StoreOp::Type::kPut, "k", "1"}, {StoreOp::Type::kDelete, "k", ""}}}}) {
    const absl::Status status = store().CommitAndWait(bad).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(ErrorReason(status), "INVALID_TRANSACTION");
  }
  EXPECT_TRUE(before.Wait().ok());
  EXPECT_EQ(Put("after", ""), 2);
}

TEST_P(StoreContractTest, AClosedStoreIsReadOnly) {
  Put("k", "1");
  store().Close();
  const absl::Status status = store().CommitAndWait(PutOf("k", "2")).status();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_TRUE(absl::IsCancelled(store().Compact(1)));
  EXPECT_THAT(All(), ElementsAre("k=1"));
  store().Close();
}

TEST_P(StoreContractTest, CloseAnswersWhatIsQueued) {
  std::atomic<int> durable = 0;
  for (int i = 0; i < 200; ++i) {
    store().Commit(PutOf(absl::StrCat("k", i), ""), [&](absl::StatusOr<CommitResponse> response) {
      if (response.ok() && response->succeeded) ++durable;
    });
  }
  store().Close();
  EXPECT_EQ(durable, 200);
  Reopen();
  EXPECT_EQ(Range({}).kvs.size(), 200u);
}

}  // namespace mpd

#endif  // MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_COMMIT_TESTS_H_
