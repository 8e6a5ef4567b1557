#include "common/async/semaphore.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mpd {

namespace asio = boost::asio;

asio::awaitable<Semaphore::Permit> Semaphore::Acquire() {
  const std::shared_ptr<Semaphore> self = shared_from_this();
  if (free_ > 0) {
    --free_;
    co_return Permit(self);
  }
  const auto wait =
      std::make_shared<asio::steady_timer>(*loop_, asio::steady_timer::time_point::max());
  waiting_.push_back(wait);
  boost::system::error_code cancelled;
  co_await wait->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  co_return Permit(self);
}

// A permit goes straight to the next in line, so that no later caller gets it first.
void Semaphore::Release() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  waiting_.front()->cancel();
  waiting_.pop_front();
}

}  // namespace mpd
