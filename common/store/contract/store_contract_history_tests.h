// Part of store_contract_test_suite.h: events and compaction.
#ifndef MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_HISTORY_TESTS_H_
#define MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_HISTORY_TESTS_H_

#include "common/store/contract/store_contract_test_suite.h"

namespace mpd {

TEST_P(StoreContractTest, EventsTellWhatHappened) {
  Put("a", "1");
  Commit({{}, {{StoreOp::Type::kPut, "b", "2"}, {StoreOp::Type::kPut, "a", "3"}}});
  Delete("a");
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    const EventBatch batch = Events("", 1);
    EXPECT_THAT(Described(batch.events),
                ElementsAre("put a=1 @1", "put b=2 @2", "put a=3 @2", "delete a=3 @3"))
        << "a deletion tells the last value";
    EXPECT_EQ(batch.events.back().kv.create_revision, 1);
    EXPECT_EQ(batch.revision, 3);
  }
}

TEST_P(StoreContractTest, EventsAreFilteredButTheRevisionIsTheStores) {
  Put("a", "");
  Put("b", "");
  Put("c", "");
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    EXPECT_THAT(Described(Events("b", 1).events), ElementsAre("put b= @2"));
    EXPECT_EQ(Events("b", 1).revision, 3);
    EXPECT_THAT(Events("a", 2).events, IsEmpty());
  }
}

TEST_P(StoreContractTest, UpToDateReadersGetAnEmptyBatch) {
  EXPECT_THAT(Events("", 1).events, IsEmpty());
  Put("a", "");
  EXPECT_THAT(Events("", 2).events, IsEmpty());
  EXPECT_EQ(Events("", 2).revision, 1);
  const absl::Status status = store().ReadEvents("", 3, 0).status();
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  EXPECT_EQ(ErrorReason(status), "REVISION_FUTURE");
}

TEST_P(StoreContractTest, BatchesNeverSplitATransaction) {
  for (int i = 0; i < 5; ++i) {
    Commit({{},
            {{StoreOp::Type::kPut, "a", ""},
             {StoreOp::Type::kPut, "b", ""},
             {StoreOp::Type::kPut, "c", ""}}});
    Put("x", "");
  }
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    for (const std::string prefix : {"", "a", "x"}) {
      const std::vector<std::string> whole = Described(Events(prefix, 1).events);
      std::vector<std::string> pieces;
      int64_t next = 1;
      while (true) {
        const EventBatch batch = Events(prefix, next, 2);
        if (batch.events.empty()) break;
        EXPECT_LE(batch.events.size(), 4u);
        for (std::string& line : Described(batch.events)) pieces.push_back(std::move(line));
        ASSERT_GE(batch.revision, next);
        next = batch.revision + 1;
      }
      EXPECT_EQ(pieces, whole);
      EXPECT_EQ(next, 11);
    }
  }
}

TEST_P(StoreContractTest, AWatchFromAnyRevisionSeesTheRest) {
  for (int i = 0; i < 8; ++i) {
    Commit({{}, {{StoreOp::Type::kPut, "a", ""}, {StoreOp::Type::kPut, "b", ""}}});
    if (i % 3 == 0) Delete("a");
  }
  const std::vector<StoreEvent> whole = Events("", 1).events;
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    for (int64_t from = 1; from <= store().revision() + 1; ++from) {
      std::vector<StoreEvent> rest;
      for (const StoreEvent& event : whole) {
        if (event.kv.mod_revision >= from) rest.push_back(event);
      }
      EXPECT_EQ(Described(Events("", from).events), Described(rest)) << from;
      EXPECT_EQ(Events("", from).revision, store().revision());
    }
  }
}

TEST_P(StoreContractTest, WhatChangesNothingIsNoEvent) {
  Put("k", "1");
  EXPECT_FALSE(Succeeds(PutIf("k", 0, "2")));
  Delete("absent");
  Commit({});
  EXPECT_EQ(Events("", 1).events.size(), 1u);
  EXPECT_THAT(Events("", 2).events, IsEmpty());
}

TEST_P(StoreContractTest, APageThatIsCompactedAwayIsRefused) {
  for (const char* key : {"a", "b", "c"}) Put(key, "");
  const RangeResponse page = Range({.revision = 0, .limit = 1});
  ASSERT_TRUE(page.more);
  Put("d", "");
  Put("d", "");
  ASSERT_TRUE(store().Compact(4).ok());
  const absl::Status status =
      store().Range({.start_after = "a", .revision = page.revision, .limit = 1}).status();
  EXPECT_EQ(ErrorReason(status), "REVISION_COMPACTED") << status;
}

TEST_P(StoreContractTest, CompactionTakesNoRevisionAndTellsNobody) {
  Put("k", "1");
  Put("k", "2");
  const std::string id = store().store_id();
  std::atomic<int> heard = 0;
  Commit({});
  const int64_t handle = store().Subscribe([&heard](int64_t) { ++heard; });
  ASSERT_TRUE(store().Compact(2).ok());
  Commit({});
  store().Unsubscribe(handle);
  EXPECT_EQ(heard, 0);
  EXPECT_EQ(store().revision(), 2);
  EXPECT_EQ(store().store_id(), id);
  EXPECT_EQ(Range({.prefix = "k"}).kvs.at(0).mod_revision, 2);
}

TEST_P(StoreContractTest, CompactionForgetsWhatIsBeforeIt) {
  Put("a", "1");  // 1
  Put("a", "2");  // 2
  Put("b", "1");  // 3
  Delete("b");    // 4
  Put("c", "1");  // 5
  ASSERT_TRUE(store().Compact(4).ok());
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    EXPECT_EQ(store().compact_revision(), 4);
    const absl::Status range = store().Range({.revision = 3}).status();
    EXPECT_EQ(ErrorReason(range), "REVISION_COMPACTED") << range;
    const absl::Status events = store().ReadEvents("", 3, 0).status();
    EXPECT_TRUE(absl::IsOutOfRange(events)) << events;
    EXPECT_EQ(ErrorReason(events), "REVISION_COMPACTED");
    EXPECT_THAT(All(4), ElementsAre("a=2"));
    EXPECT_THAT(All(), ElementsAre("a=2", "c=1"));
    EXPECT_THAT(Described(Events("", 4).events), ElementsAre("delete b=1 @4", "put c=1 @5"));
  }
}

TEST_P(StoreContractTest, CompactionKeepsRevisionsAndComparisonsRight) {
  const int64_t a = Put("a", "1");
  Put("gone", "1");
  Delete("gone");
  Put("last", "");
  ASSERT_TRUE(store().Compact(4).ok());
  Reopen();
  EXPECT_TRUE(Succeeds(PutIf("a", a, "2")));
  EXPECT_TRUE(Succeeds(PutIf("gone", 0, "again")));
  EXPECT_FALSE(Succeeds(PutIf("gone", 0, "twice")));
  EXPECT_EQ(Range({.prefix = "a"}).kvs.at(0).create_revision, a);
  EXPECT_EQ(Range({.prefix = "gone"}).kvs.at(0).create_revision, 6);
}

TEST_P(StoreContractTest, RevisionsGoOnWhenEverythingIsForgotten) {
  Put("a", "");
  Delete("a");
  ASSERT_TRUE(store().Compact(2).ok());
  Reopen();
  EXPECT_EQ(store().revision(), 2);
  EXPECT_THAT(All(), IsEmpty());
  EXPECT_EQ(Put("a", "new"), 3);
  ASSERT_TRUE(store().Compact(3).ok());
  EXPECT_THAT(All(), ElementsAre("a=new"));
}

TEST_P(StoreContractTest, CompactionIsBounded) {
  Put("a", "");
  EXPECT_EQ(ErrorReason(store().Compact(2)), "REVISION_FUTURE");
  EXPECT_TRUE(store().Compact(1).ok());
  EXPECT_TRUE(store().Compact(1).ok());
  EXPECT_TRUE(store().Compact(0).ok()) << "already forgotten";
  EXPECT_EQ(store().compact_revision(), 1);
}

// Against a plain map, with compactions in between: whatever is still to be had must be right.
TEST_P(StoreContractTest, EveryRevisionThatIsKeptReadsRight) {
  std::map<std::string, std::string> now;
  std::map<int64_t, std::vector<std::string>> history;
  uint32_t random = 12345;
  const auto next = [&random] { return (random = random * 1664525 + 1013904223) >> 16; };
  for (int i = 0; i < 400; ++i) {
    const std::string key = absl::StrCat("k", next() % 12);
    const bool remove = next() % 3 == 0;
    const int64_t revision = remove ? Delete(key) : Put(key, std::to_string(i));
    if (remove) {
      now.erase(key);
    } else {
      now[key] = std::to_string(i);
    }
    std::vector<std::string>& lines = history[revision];
    lines.clear();
    for (const auto& [k, v] : now) lines.push_back(k + "=" + v);
    if (i % 50 == 49) {
      ASSERT_TRUE(store().Compact(revision - 20).ok());
    }
    if (i % 150 == 149) Reopen();
  }
  for (const auto& [revision, lines] : history) {
    if (revision >= store().compact_revision()) {
      EXPECT_EQ(All(revision), lines) << revision;
    }
  }
}

TEST_P(StoreContractTest, ListenersHearOfEachCommit) {
  Mutex mutex;
  std::vector<int64_t> heard;
  const int64_t handle = store().Subscribe([&](int64_t revision) {
    MutexLock lock(&mutex);
    heard.push_back(revision);
  });
  for (int i = 0; i < 20; ++i) Put("k", std::to_string(i));
  Commit({});  // after the listener calls of what is before it
  store().Unsubscribe(handle);
  Put("k", "unheard");
  Commit({});
  MutexLock lock(&mutex);
  ASSERT_FALSE(heard.empty());
  EXPECT_TRUE(std::is_sorted(heard.begin(), heard.end()));
  EXPECT_EQ(std::adjacent_find(heard.begin(), heard.end()), heard.end()) << "one call per commit";
  EXPECT_EQ(heard.back(), 20);
}

TEST_P(StoreContractTest, ListenersFindTheEventsOfWhatTheyHear) {
  std::atomic<int> wrong = 0;
  const int64_t handle = store().Subscribe([&](int64_t revision) {
    const absl::StatusOr<EventBatch> batch = store().ReadEvents("", revision, 0);
    if (!batch.ok() || batch->events.empty() || store().revision() < revision) ++wrong;
  });
  for (int i = 0; i < 20; ++i) Put("k", std::to_string(i));
  Commit({});
  store().Unsubscribe(handle);
  EXPECT_EQ(wrong, 0);
}

}  // namespace mpd

#endif  // MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_HISTORY_TESTS_H_
