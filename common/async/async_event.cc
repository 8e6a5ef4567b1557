#include "common/async/async_event.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace mpd {

namespace asio = boost::asio;

void AsyncEvent::Notify() {
  notified_ = true;
  timer_.cancel();
}

asio::awaitable<bool> AsyncEvent::WaitFor(absl::Duration timeout) {
  if (!notified_) {
    timer_.expires_after(absl::ToChronoNanoseconds(timeout));
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  co_return std::exchange(notified_, false);
}

}  // namespace mpd
