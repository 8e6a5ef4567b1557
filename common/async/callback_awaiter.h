// Waiting in a coroutine for a callback that comes on another thread. AwaitCallback is the simple
// form; this class is for who must do something when the coroutine is destroyed meanwhile.
#ifndef MPD_COMMON_ASYNC_CALLBACK_AWAITER_H_
#define MPD_COMMON_ASYNC_CALLBACK_AWAITER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "common/async/awaitable.h"
#include "common/async/loop_gate.h"
#include "common/base/mutex.h"

namespace mpd {

// Lives in the coroutine's frame. While the coroutine waits, the loop keeps it (on a timer that
// never ends), so that a loop that is destroyed destroys the coroutine; the callback then finds
// nobody and does nothing. The executor must run one handler at a time.
class CallbackAwaiter {
 public:
  // What the callback holds; may outlive awaiter and loop.
  struct Link {
    std::shared_ptr<LoopGate> gate;
    Mutex mutex;
    CallbackAwaiter* awaiter ABSL_GUARDED_BY(mutex) = nullptr;
  };

  explicit CallbackAwaiter(boost::asio::any_io_executor executor);
  ~CallbackAwaiter();
  CallbackAwaiter(const CallbackAwaiter&) = delete;
  CallbackAwaiter& operator=(const CallbackAwaiter&) = delete;

  const std::shared_ptr<Link>& link() const { return link_; }
  // From any thread, once: lets the coroutine go on, on its executor.
  static void Complete(const std::shared_ptr<Link>& link);
  // True once Complete was called.
  Awaitable<bool> Wait();

 private:
  static void Resume(Link* link);

  boost::asio::steady_timer timer_;
  const std::shared_ptr<Link> link_;
  bool completed_ = false;
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_CALLBACK_AWAITER_H_
