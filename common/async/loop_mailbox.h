// Posting to a loop from any thread, for an owner that may be gone before the loop is.
#ifndef MPD_COMMON_ASYNC_LOOP_MAILBOX_H_
#define MPD_COMMON_ASYNC_LOOP_MAILBOX_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "common/async/loop_gate.h"
#include "common/base/mutex.h"

namespace boost::asio {
class io_context;
}

namespace mpd {

// Hands work to the loop until it is closed. Thread-safe; Close is for the loop's thread.
class LoopMailbox {
 public:
  explicit LoopMailbox(boost::asio::io_context* loop);
  // Destroys `work` without calling it where the mailbox is closed, or the loop is being destroyed.
  void Post(absl::AnyInvocable<void()> work);
  void Close();

 private:
  const std::shared_ptr<LoopGate> gate_;
  Mutex mutex_;
  boost::asio::io_context* loop_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_LOOP_MAILBOX_H_
