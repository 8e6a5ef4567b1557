#include "common/async/single_flight.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <vector>

namespace mpd {
namespace {

class SharedLooksTest : public ::testing::Test {
 protected:
  // Asks, and answers with how many have been asked by then, once `answers_` is cancelled.
  void Ask(const std::string& key) {
    boost::asio::co_spawn(loop_, [this, key] { return AskFor(key); }, boost::asio::detached);
  }
  Awaitable<void> AskFor(std::string key) {
    std::function<Awaitable<int>()> look = [this] { return Look(); };
    told_.push_back(co_await looks_.Get(std::move(key), std::move(look)));
  }
  Awaitable<int> Look() {
    const int number = ++looked_;
    boost::system::error_code cancelled;
    co_await answers_.async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    co_return number;
  }
  void Answer() {
    loop_.restart();
    loop_.poll();
    answers_.cancel();
    loop_.poll();
  }

  boost::asio::io_context loop_;
  boost::asio::steady_timer answers_{loop_, boost::asio::steady_timer::time_point::max()};
  SingleFlight<int> looks_{&loop_};
  int looked_ = 0;
  std::vector<int> told_;
};

TEST_F(SharedLooksTest, WhoAsksTheSameAtTheSameTimeHasTheSameAnswer) {
  for (int i = 0; i < 3; ++i) Ask("network");
  Answer();
  EXPECT_EQ(told_, (std::vector<int>{1, 1, 1}));
}

TEST_F(SharedLooksTest, AnotherKeyIsAnotherQuestion) {
  Ask("network");
  Ask("volume");
  Answer();
  EXPECT_EQ(looked_, 2);
}

TEST_F(SharedLooksTest, NoAnswerIsKept) {
  Ask("network");
  Answer();
  Ask("network");
  Answer();
  EXPECT_EQ(told_, (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace mpd
