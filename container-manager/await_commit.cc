#include "container-manager/await_commit.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace mpd::containers {
namespace {

namespace asio = boost::asio;

// Shared by the coroutine and the callback, whichever lives longer.
struct Answer {
  explicit Answer(asio::io_context* loop) : arrived(*loop, asio::steady_timer::time_point::max()) {}
  asio::steady_timer arrived;
  std::optional<absl::StatusOr<CommitResponse>> response;
};

}  // namespace

Awaitable<absl::StatusOr<CommitResponse>> AwaitCommit(asio::io_context* loop,
                                                      std::function<void(CommitCallback)> begin) {
  const auto answer = std::make_shared<Answer>(loop);
  // Handed on: the store may keep the callback until after the loop has gone.
  begin([loop, answer = answer](absl::StatusOr<CommitResponse> response) mutable {
    asio::post(*loop, [answer = std::move(answer), response = std::move(response)]() mutable {
      answer->response = std::move(response);
      answer->arrived.cancel();
    });
  });
  // The answer is posted to this thread, so it cannot come between these two lines.
  boost::system::error_code cancelled;
  co_await answer->arrived.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  co_return *std::move(answer->response);
}

}  // namespace mpd::containers
