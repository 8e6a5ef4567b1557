#include "ipam/book/commit_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/base/one_shot.h"
#include "common/store/store_errors.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::ipam {
namespace {

StoreTransaction Put(int number) {
  StoreTransaction transaction;
  transaction.ops.push_back({StoreOp::Type::kPut, absl::StrCat("key/", number), "value"});
  return transaction;
}

TEST(CommitQueueTest, NothingIsCommittedBeforeFlush) {
  BookHarness harness;
  CommitQueue queue(&harness.store());
  const int64_t before = harness.store().revision();
  OneShot<int64_t> committed;
  queue.Push(Put(1), [&](absl::StatusOr<CommitResponse> r) { committed.Set(r->revision); });
  ASSERT_TRUE(harness.store().CommitAndWait({}).ok());
  EXPECT_EQ(harness.store().revision(), before);
  queue.Flush();
  EXPECT_EQ(committed.Wait(), before + 1);
}

TEST(CommitQueueTest, ThreadsCommitInTheOrderInWhichTheyPushedUnderALock) {
  constexpr int kThreads = 8;
  constexpr int kEach = 200;
  BookHarness harness;
  CommitQueue queue(&harness.store());
  Mutex decisions;
  int pushed = 0;             // guarded by `decisions`
  std::vector<int> answered;  // written by the store's thread only
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        {
          const MutexLock lock(&decisions);
          const int number = pushed++;
          queue.Push(Put(number), [&answered, number](absl::StatusOr<CommitResponse> response) {
            EXPECT_TRUE(response.ok()) << response.status();
            answered.push_back(number);
          });
        }
        queue.Flush();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // An empty transaction is answered after everything that was committed before it.
  ASSERT_TRUE(harness.store().CommitAndWait({}).ok());
  ASSERT_EQ(answered.size(), size_t{kThreads * kEach});
  EXPECT_TRUE(std::is_sorted(answered.begin(), answered.end()));
}

// The store refuses before Commit returns, and each callback queues the next transaction. The outer
// Flush must commit all of them, however many there are, and not by recursion.
TEST(CommitQueueTest, ACallbackMayPushAndFlush) {
  constexpr int kRefusals = 100'000;
  BookHarness harness;
  harness.store().Refuse(StoreErrors::Unavailable("ipam.db", "no space"), /*at_once=*/true);
  CommitQueue queue(&harness.store());
  int refusals = 0;
  std::function<void(absl::StatusOr<CommitResponse>)> again =
      [&](const absl::StatusOr<CommitResponse>& response) {
        EXPECT_FALSE(response.ok());
        if (++refusals == kRefusals) return;
        queue.Push(Put(1), again);
        queue.Flush();
      };
  queue.Push(Put(1), again);
  queue.Flush();
  EXPECT_EQ(refusals, kRefusals);
}

}  // namespace
}  // namespace mpd::ipam
