// Handing work to a loop from another thread while the loop may be on its way out. Asio's own post
// must not meet the destruction of its io_context.
#ifndef MPD_COMMON_ASYNC_LOOP_GATE_H_
#define MPD_COMMON_ASYNC_LOOP_GATE_H_

#include <memory>

#include "absl/functional/function_ref.h"
#include "common/base/mutex.h"

namespace boost::asio {
class execution_context;
}

namespace mpd {

// Thread-safe. May outlive the loop.
class LoopGate {
 public:
  // The loop's one gate. On the loop's thread, or before it runs.
  static std::shared_ptr<LoopGate> Of(boost::asio::execution_context& loop);

  // Calls `post`, in which the loop is there; not once the loop has begun to destroy its handlers.
  void Pass(absl::FunctionRef<void()> post);
  void Close();

 private:
  Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_LOOP_GATE_H_
