#include "dnsd-controller/control/status_board.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "common/base/status.h"
#include "dnsd-controller/control/dnsd_errors.h"

namespace mpd::dnsd {
namespace {

v1::Status At(int64_t revision, const std::string& store = "s1") {
  v1::Status status;
  status.set_published_revision(revision);
  status.set_store_id(store);
  return status;
}

class StatusBoardTest : public ::testing::Test {
 protected:
  void Keep(const absl::StatusOr<StatusBoard::Published>& result) {
    if (!result.ok()) {
      results_.push_back(result.status());
      return;
    }
    EXPECT_EQ(result->store_id, board_.Get().store_id());
    results_.push_back(result->revision);
  }
  int64_t Wait(int64_t revision, const std::string& store = "") {
    return board_.Wait(
        revision, store,
        [this](const absl::StatusOr<StatusBoard::Published>& result) { Keep(result); });
  }
  std::string LastReason() { return ErrorReason(results_.back().status()); }

  int changes_ = 0;
  StatusBoard board_{[this] { ++changes_; }};
  std::vector<absl::StatusOr<int64_t>> results_;
};

TEST_F(StatusBoardTest, AWaitEndsWhenItsRevisionIsPublished) {
  board_.Set(At(4), true);
  Wait(5);
  Wait(6);
  EXPECT_TRUE(results_.empty());
  board_.Set(At(5), true);
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(*results_[0], 5);
  board_.Set(At(9), true);
  ASSERT_EQ(results_.size(), 2u);
  EXPECT_EQ(*results_[1], 9);
}

TEST_F(StatusBoardTest, AWaitForAPublishedRevisionEndsAtOnce) {
  board_.Set(At(4), true);
  Wait(4, "s1");
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(*results_[0], 4);
}

TEST_F(StatusBoardTest, AWaitWithABarrierEndsOnceTheBarrierIsPassed) {
  board_.Set(At(5), true);
  const auto wait = [this](int64_t barrier) {
    board_.Wait(
        5, "", [this](const absl::StatusOr<StatusBoard::Published>& result) { Keep(result); },
        barrier);
  };
  const int64_t first = board_.NewBarrier();
  const int64_t second = board_.NewBarrier();
  EXPECT_GT(second, first);
  wait(first);
  wait(second);
  board_.Set(At(6), true);
  EXPECT_TRUE(results_.empty());
  board_.Set(At(6), true, first);
  EXPECT_EQ(results_.size(), 1u);
  board_.Set(At(6), true, second);
  EXPECT_EQ(results_.size(), 2u);
  board_.Set(At(7), true, first);
  wait(second);
  EXPECT_EQ(results_.size(), 3u) << "a passed barrier stays passed";
}

TEST_F(StatusBoardTest, BeforeTheFirstStatusEverythingWaits) {
  Wait(0);
  EXPECT_TRUE(results_.empty());
  board_.Set(At(0), true);
  EXPECT_EQ(results_.size(), 1u);
}

TEST_F(StatusBoardTest, AWaitForAPastStoreFailsAtOnceWhileTheLeasesAreLive) {
  board_.Set(At(4, "s2"), true);
  Wait(1, "s1");
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(LastReason(), "STORE_RECREATED");
  EXPECT_EQ(results_[0].status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(StatusBoardTest, WhileTheLeasesAreNotLiveAnUnknownStoreIsWaitedFor) {
  board_.Set(At(4, "s1"), false);
  Wait(2, "s2");
  Wait(2, "s3");
  EXPECT_TRUE(results_.empty());
  board_.Set(At(2, "s2"), true);
  ASSERT_EQ(results_.size(), 2u);
  EXPECT_EQ(*results_[0], 2);
  EXPECT_EQ(LastReason(), "STORE_RECREATED");
}

TEST_F(StatusBoardTest, ACancelledWaitGetsNoResult) {
  const int64_t waiter = Wait(5);
  EXPECT_TRUE(board_.Cancel(waiter));
  EXPECT_FALSE(board_.Cancel(waiter));
  board_.Set(At(5), true);
  EXPECT_TRUE(results_.empty());
}

TEST_F(StatusBoardTest, ADrainEndsAllWaitsNowAndLater) {
  Wait(5);
  board_.Drain(DnsdErrors::ShuttingDown());
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(LastReason(), "SHUTTING_DOWN");
  Wait(0);
  ASSERT_EQ(results_.size(), 2u);
  EXPECT_EQ(LastReason(), "SHUTTING_DOWN");
}

TEST_F(StatusBoardTest, TheVersionIncreasesOnlyWithAChange) {
  board_.Set(At(5), true);
  const int64_t version = board_.version();
  board_.Set(At(5), true);
  EXPECT_EQ(board_.version(), version);
  EXPECT_EQ(changes_, 1);
  board_.Set(At(6), true);
  EXPECT_GT(board_.version(), version);
}

TEST_F(StatusBoardTest, WaitersAreBounded) {
  for (size_t i = 0; i < StatusBoard::kMaxWaiters; ++i) Wait(5);
  EXPECT_TRUE(results_.empty());
  Wait(5);
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(LastReason(), "TOO_MANY_WAITERS");
}

TEST_F(StatusBoardTest, EachOfManyWaitersEndsOnce) {
  constexpr int kThreads = 4, kEach = 500;
  std::atomic<int> done{0}, cancelled{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const int64_t waiter =
            board_.Wait(i, "", [&](const absl::StatusOr<StatusBoard::Published>&) { ++done; });
        if (t % 2 == 0 && board_.Cancel(waiter)) ++cancelled;
      }
    });
  }
  for (int revision = 0; revision <= kEach; ++revision) board_.Set(At(revision), true);
  for (std::thread& thread : threads) thread.join();
  board_.Drain(DnsdErrors::ShuttingDown());
  EXPECT_EQ(done + cancelled, kThreads * kEach);
}

}  // namespace
}  // namespace mpd::dnsd
