// Waiting in a coroutine for the answer that another thread gives to a callback.
#ifndef MPD_COMMON_ASYNC_AWAIT_CALLBACK_H_
#define MPD_COMMON_ASYNC_AWAIT_CALLBACK_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "common/async/awaitable.h"

namespace mpd {

// `begin` starts the work and hands on the callback, which is called once, on any thread, and may
// outlive the loop's run. To be awaited on the loop, where it resumes.
template <typename Reply>
Awaitable<Reply> AwaitCallback(boost::asio::io_context* loop,
                               std::function<void(absl::AnyInvocable<void(Reply) &&>)> begin) {
  // Shared by the coroutine and the callback, whichever lives longer.
  struct Shared {
    explicit Shared(boost::asio::io_context* loop)
        : arrived(*loop, boost::asio::steady_timer::time_point::max()) {}
    boost::asio::steady_timer arrived;
    std::optional<Reply> reply;
  };
  const auto shared = std::make_shared<Shared>(loop);
  begin([loop, shared = shared](Reply reply) mutable {
    boost::asio::post(*loop, [shared = std::move(shared), reply = std::move(reply)]() mutable {
      shared->reply = std::move(reply);
      shared->arrived.cancel();
    });
  });
  // The reply is posted to this thread, so it cannot come between these two lines.
  boost::system::error_code cancelled;
  co_await shared->arrived.async_wait(
      boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
  co_return *std::move(shared->reply);
}

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_AWAIT_CALLBACK_H_
