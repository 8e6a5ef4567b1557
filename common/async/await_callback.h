// Waiting in a coroutine for what another thread gives to a callback.
#ifndef MPD_COMMON_ASYNC_AWAIT_CALLBACK_H_
#define MPD_COMMON_ASYNC_AWAIT_CALLBACK_H_

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "common/async/awaitable.h"
#include "common/async/callback_awaiter.h"

namespace mpd {

// `begin` starts the work and hands on the callback, which is to be called once, on any thread, and
// may be called when the loop is gone. To be awaited on the loop, where it resumes.
template <typename Reply>
Awaitable<Reply> AwaitCallback(boost::asio::io_context* loop,
                               std::function<void(absl::AnyInvocable<void(Reply) &&>)> begin) {
  CallbackAwaiter awaiter(loop->get_executor());
  // Of the callback too, which may come when the coroutine has been destroyed.
  const auto shared = std::make_shared<std::optional<Reply>>();
  begin([shared, link = awaiter.link()](Reply reply) {
    *shared = std::move(reply);
    CallbackAwaiter::Complete(link);
  });
  co_await awaiter.Wait();
  co_return **std::move(shared);
}

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_AWAIT_CALLBACK_H_
