// Calls for the same key that come while one is under way share its result.
#ifndef MPD_COMMON_ASYNC_SINGLE_FLIGHT_H_
#define MPD_COMMON_ASYNC_SINGLE_FLIGHT_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/async/awaitable.h"

namespace mpd {

// A shared result may be older than the call that gets it: a caller that has just changed something
// must not use this to see the change. Used on the loop's thread only; must outlive its flights.
template <typename Reply>
class SingleFlight {
 public:
  // `loop` must outlive it.
  explicit SingleFlight(boost::asio::io_context* loop) : loop_(loop) {}

  // Runs `call`, unless a call for this key is under way: then waits for that one's result.
  Awaitable<Reply> Get(std::string key, std::function<Awaitable<Reply>()> call) {
    const auto [it, first] = flights_.try_emplace(key, nullptr);
    if (first) it->second = std::make_shared<Flight>(loop_);
    const std::shared_ptr<Flight> shared = it->second;
    if (first) {
      shared->reply = co_await call();
      flights_.erase(key);
      shared->arrived.cancel();
    } else {
      boost::system::error_code cancelled;
      co_await shared->arrived.async_wait(
          boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }
    co_return *shared->reply;
  }

 private:
  struct Flight {
    explicit Flight(boost::asio::io_context* loop)
        : arrived(*loop, boost::asio::steady_timer::time_point::max()) {}
    boost::asio::steady_timer arrived;
    std::optional<Reply> reply;
  };

  boost::asio::io_context* const loop_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_SINGLE_FLIGHT_H_
