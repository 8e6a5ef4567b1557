// Wakes one coroutine on the loop. On the loop's thread only.
#ifndef MPD_COMMON_ASYNC_ASYNC_EVENT_H_
#define MPD_COMMON_ASYNC_ASYNC_EVENT_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "absl/time/time.h"
#include "common/async/awaitable.h"

namespace mpd {

class AsyncEvent {
 public:
  explicit AsyncEvent(boost::asio::io_context* loop) : timer_(*loop) {}

  // Kept until the next wait ends.
  void Notify();
  // True when notified, false when the time ran out.
  boost::asio::awaitable<bool> WaitFor(absl::Duration timeout);

 private:
  boost::asio::steady_timer timer_;
  bool notified_ = false;
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_ASYNC_EVENT_H_
