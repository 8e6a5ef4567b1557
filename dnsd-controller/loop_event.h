// Wakes one coroutine on the loop. On the loop's thread only.
#ifndef MPD_DNSD_CONTROLLER_LOOP_EVENT_H_
#define MPD_DNSD_CONTROLLER_LOOP_EVENT_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "absl/time/time.h"
#include "common/awaitable.h"

namespace mpd::dnsd {

class LoopEvent {
 public:
  explicit LoopEvent(boost::asio::io_context* loop) : timer_(*loop) {}

  // Kept until the next wait ends.
  void Notify();
  // True when notified, false when the time ran out.
  boost::asio::awaitable<bool> WaitFor(absl::Duration timeout);

 private:
  boost::asio::steady_timer timer_;
  bool notified_ = false;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_LOOP_EVENT_H_
