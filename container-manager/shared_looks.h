// One question for all who ask the same at the same time.
#ifndef MPD_CONTAINER_MANAGER_SHARED_LOOKS_H_
#define MPD_CONTAINER_MANAGER_SHARED_LOOKS_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "container-manager/awaitable.h"

namespace mpd::containers {

// An answer may be as old as its question: who has just changed something must ask for himself.
// Used on the loop's thread only; must outlive its looks.
template <typename Answer>
class SharedLooks {
 public:
  // `loop` must outlive it.
  explicit SharedLooks(boost::asio::io_context* loop) : loop_(loop) {}

  // What `look` gives, or what that of whoever asks for the same key just now gives.
  Awaitable<Answer> Get(std::string key, std::function<Awaitable<Answer>()> look) {
    const auto [it, first] = looks_.try_emplace(key, nullptr);
    if (first) it->second = std::make_shared<Look>(loop_);
    const std::shared_ptr<Look> shared = it->second;
    if (first) {
      shared->answer = co_await look();
      looks_.erase(key);
      shared->arrived.cancel();
    } else {
      boost::system::error_code cancelled;
      co_await shared->arrived.async_wait(
          boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }
    co_return *shared->answer;
  }

 private:
  struct Look {
    explicit Look(boost::asio::io_context* loop)
        : arrived(*loop, boost::asio::steady_timer::time_point::max()) {}
    boost::asio::steady_timer arrived;
    std::optional<Answer> answer;
  };

  boost::asio::io_context* const loop_;
  std::map<std::string, std::shared_ptr<Look>> looks_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_SHARED_LOOKS_H_
