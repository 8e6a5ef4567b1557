#include "common/async/worker_thread.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/base/one_shot.h"

namespace mpd {
namespace {

TEST(WorkerTest, DoesJobsInOrderAndAllBeforeItEnds) {
  std::vector<int> done;
  {
    WorkerThread worker;
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(worker.Post([&done, i] { done.push_back(i); }));
  }
  ASSERT_EQ(done.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[i], i);
}

TEST(WorkerTest, RefusesWhatDoesNotFitAndGoesOn) {
  OneShot<bool> started, go;
  size_t count = 0;
  {
    WorkerThread worker;
    ASSERT_TRUE(worker.Post([&] {
      started.Set(true);
      go.Wait();
    }));
    started.Wait();
    for (size_t i = 0; i < WorkerThread::kMaxQueue; ++i) {
      ASSERT_TRUE(worker.Post([&count] { ++count; }));
    }
    EXPECT_FALSE(worker.Post([&count] { ++count; }));
    go.Set(true);
  }
  EXPECT_EQ(count, WorkerThread::kMaxQueue);
}

}  // namespace
}  // namespace mpd
