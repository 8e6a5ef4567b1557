#include "common/async/await_job.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>
#include <optional>
#include <thread>

#include "absl/status/statusor.h"
#include "common/base/one_shot.h"

namespace mpd {
namespace {

class AwaitJobTest : public ::testing::Test {
 protected:
  using Job = std::function<absl::StatusOr<int>()>;

  // Runs the job from a coroutine on the loop; its result is in result_ when the loop has run.
  void Begin(Job job) {
    boost::asio::co_spawn(
        *loop_, [this, job = std::move(job)] { return Await(job); }, boost::asio::detached);
  }
  Awaitable<void> Await(Job job) {
    // A local of the coroutine, so that its end is seen.
    const std::shared_ptr<bool> frame = frame_;
    result_ = co_await AwaitJob<absl::StatusOr<int>>(loop_.get(), &*worker_, std::move(job));
    resumed_on_ = std::this_thread::get_id();
  }

  // What a job waits on outlives the worker, which ends only after its jobs.
  OneShot<bool> started_;
  OneShot<bool> go_;
  std::unique_ptr<boost::asio::io_context> loop_ = std::make_unique<boost::asio::io_context>();
  std::optional<WorkerThread> worker_{std::in_place};
  const std::shared_ptr<bool> frame_ = std::make_shared<bool>();
  std::optional<absl::StatusOr<int>> result_;
  std::thread::id resumed_on_;
};

TEST_F(AwaitJobTest, TheWorkerDoesItAndTheLoopGoesOn) {
  std::thread::id done_on;
  Begin([&done_on]() -> absl::StatusOr<int> {
    done_on = std::this_thread::get_id();
    return 7;
  });
  loop_->run();
  ASSERT_TRUE(result_.has_value());
  EXPECT_EQ(**result_, 7);
  EXPECT_NE(done_on, std::this_thread::get_id());
  EXPECT_EQ(resumed_on_, std::this_thread::get_id());
}

TEST_F(AwaitJobTest, AFullQueueIsAnError) {
  ASSERT_TRUE(worker_->Post([this] {
    started_.Set(true);
    go_.Wait();
  }));
  started_.Wait();
  for (size_t i = 0; i < WorkerThread::kMaxQueue; ++i) ASSERT_TRUE(worker_->Post([] {}));
  Begin([]() -> absl::StatusOr<int> { return 7; });
  loop_->run();
  go_.Set(true);
  ASSERT_TRUE(result_.has_value());
  EXPECT_EQ(result_->status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(AwaitJobTest, ALoopThatIsDestroyedTakesTheCoroutineAlongAndNotTheJob) {
  bool done = false;
  Begin([&]() -> absl::StatusOr<int> {
    started_.Set(true);
    go_.Wait();
    done = true;
    return 7;
  });
  loop_->poll();
  started_.Wait();
  EXPECT_EQ(frame_.use_count(), 2);
  loop_.reset();
  EXPECT_EQ(frame_.use_count(), 1) << "the coroutine is still there";
  go_.Set(true);
  worker_.reset();
  EXPECT_TRUE(done);
  EXPECT_FALSE(result_.has_value());
}

}  // namespace
}  // namespace mpd
