// Part of store_contract_test_suite.h: many callers at once.
#ifndef MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_CONCURRENCY_TESTS_H_
#define MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_CONCURRENCY_TESTS_H_

#include "common/store/contract/store_contract_test_suite.h"

namespace mpd {

inline void RunThreads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST_P(StoreContractTest, NoIncrementIsLost) {
  constexpr int kThreads = 8;
  constexpr int kIncrements = 25;
  RunThreads(kThreads, [&](int) {
    for (int done = 0; done < kIncrements;) {
      const RangeResponse read = Range({.prefix = "counter"});
      const int64_t value = read.kvs.empty() ? 0 : std::stoll(read.kvs[0].value);
      const int64_t revision = read.kvs.empty() ? 0 : read.kvs[0].mod_revision;
      if (Succeeds(PutIf("counter", revision, std::to_string(value + 1)))) ++done;
    }
  });
  EXPECT_THAT(All(), ElementsAre(absl::StrCat("counter=", kThreads * kIncrements)));
  const EventBatch history = Events("", 1);
  ASSERT_EQ(history.events.size(), static_cast<size_t>(kThreads * kIncrements));
  for (size_t i = 0; i < history.events.size(); ++i) {
    EXPECT_EQ(history.events[i].kv.value, std::to_string(i + 1));
    EXPECT_EQ(history.events[i].kv.mod_revision, static_cast<int64_t>(i + 1));
  }
}

TEST_P(StoreContractTest, OnlyOneOfManyClaimsWins) {
  constexpr int kKeys = 20;
  std::atomic<int> won = 0;
  RunThreads(8, [&](int thread) {
    for (int key = 0; key < kKeys; ++key) {
      if (Succeeds(PutIf(absl::StrCat("k", key), 0, std::to_string(thread)))) ++won;
    }
  });
  EXPECT_EQ(won, kKeys);
  EXPECT_EQ(store().revision(), kKeys);
}

TEST_P(StoreContractTest, ReadersNeverSeeHalfATransaction) {
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i) {
      const std::string value = std::to_string(i);
      Commit({{}, {{StoreOp::Type::kPut, "left", value}, {StoreOp::Type::kPut, "right", value}}});
    }
    stop = true;
  });
  RunThreads(3, [&](int thread) {
    int64_t next = 1;
    while (!stop) {
      const RangeResponse read = Range({});
      if (!read.kvs.empty() && read.kvs.front().value != read.kvs.back().value) ++torn;
      if (!read.kvs.empty() && read.kvs.front().mod_revision != read.revision) ++torn;
      // A reader's revision may always be watched from, however new it is.
      Events("", read.revision + 1);
      const EventBatch batch = Events("", next, 1 + thread);
      if (batch.events.size() % 2 != 0) ++torn;
      next = batch.revision + 1;
    }
  });
  writer.join();
  EXPECT_EQ(torn, 0);
}

TEST_P(StoreContractTest, AWatcherMissesNothingWhileCompactionRuns) {
  constexpr int kChanges = 600;
  Mutex mutex;
  CondVar changed;
  int64_t newest = 0;
  const int64_t handle = store().Subscribe([&](int64_t revision) {
    MutexLock lock(&mutex);
    newest = revision;
    changed.NotifyAll();
  });
  std::thread writer([&] {
    for (int i = 1; i <= kChanges; ++i) {
      const int64_t revision = Put(absl::StrCat("k", i % 7), std::to_string(i));
      if (i % 40 == 0) {
        EXPECT_TRUE(store().Compact(revision / 2).ok());
      }
    }
  });
  int64_t seen = 0;
  while (seen < kChanges) {
    {
      MutexLock lock(&mutex);
      while (newest <= seen) changed.Wait(&mutex);
    }
    const absl::StatusOr<EventBatch> batch = store().ReadEvents("", seen + 1, 16);
    // Fell behind, which the store may answer only so.
    if (!batch.ok()) {
      ASSERT_EQ(ErrorReason(batch.status()), "REVISION_COMPACTED") << batch.status();
      seen = Range({}).revision;
      continue;
    }
    for (const StoreEvent& event : batch->events) {
      ASSERT_EQ(event.kv.mod_revision, ++seen);
      ASSERT_EQ(event.kv.value, std::to_string(seen));
    }
  }
  writer.join();
  store().Unsubscribe(handle);
  EXPECT_EQ(Range({}).kvs.size(), 7u);
}

TEST_P(StoreContractTest, WhatWasAnsweredIsInEveryLaterRead) {
  std::atomic<int64_t> answered = 0;
  std::atomic<bool> stop = false;
  std::atomic<int> stale = 0;
  std::thread writer([&] {
    for (int i = 0; i < 120; ++i) answered = Put("k", std::to_string(i));
    stop = true;
  });
  RunThreads(3, [&](int) {
    int64_t newest = 0;
    while (!stop) {
      const int64_t before = answered;
      const RangeResponse read = Range({.prefix = "k"});
      if (read.revision < before || read.revision < newest) ++stale;
      newest = read.revision;
      if (!read.kvs.empty() && read.kvs[0].mod_revision != read.revision) ++stale;
      const int64_t told = answered;
      if (store().revision() < told || Events("", told).revision < told) ++stale;
    }
  });
  writer.join();
  EXPECT_EQ(stale, 0);
}

TEST_P(StoreContractTest, UnsubscribeWaitsForTheListener) {
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) Put("k", "");
  });
  for (int i = 0; i < 100; ++i) {
    auto calls = std::make_unique<std::atomic<int>>(0);
    const int64_t handle = store().Subscribe([calls = calls.get()](int64_t) { ++*calls; });
    if (i % 2 == 0) Put("other", "");
    store().Unsubscribe(handle);
    // Freed here: a later call would be a use after it, which the sanitizers find.
  }
  stop = true;
  writer.join();
}

}  // namespace mpd

#endif  // MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_CONCURRENCY_TESTS_H_
