#include "container-manager/reconcile/pause.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mpd::containers {

Awaitable<void> Pause(boost::asio::io_context* loop, absl::Duration duration) {
  boost::asio::steady_timer timer(*loop, absl::ToChronoMilliseconds(duration));
  boost::system::error_code ignored;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

}  // namespace mpd::containers
