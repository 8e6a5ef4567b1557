// Handing work to a loop from another thread while the loop may be destroyed on its own. Asio's
// post must not run at the same time as the destructor of its io_context.
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
  // The loop's one gate. To be called on the loop's thread, or before it runs.
  static std::shared_ptr<LoopGate> Of(boost::asio::execution_context& loop);

  // Calls `post`, unless the loop has begun to destroy its handlers. Until `post` returns the loop
  // does not begin with that.
  void Pass(absl::FunctionRef<void()> post);
  void Close();

 private:
  Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_LOOP_GATE_H_
