// For tests: a loop that runs on a thread of its own.
#ifndef MPD_COMMON_TESTING_TESTING_LOOP_H_
#define MPD_COMMON_TESTING_TESTING_LOOP_H_

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>
#include <utility>

namespace mpd {

class TestingLoop {
 public:
  TestingLoop() : guard_(loop_.get_executor()), thread_([this] { loop_.run(); }) {}
  ~TestingLoop() { Join(); }

  boost::asio::io_context* get() { return &loop_; }

  // Runs `work` on the loop's thread and waits for its result.
  template <typename Work>
  auto Run(Work work) -> decltype(work()) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    boost::asio::post(loop_, [&task] { task(); });
    return result.get();
  }

  void Join() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
  }

 private:
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::thread thread_;
};

}  // namespace mpd

#endif  // MPD_COMMON_TESTING_TESTING_LOOP_H_
