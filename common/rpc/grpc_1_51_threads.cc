#include "common/rpc/grpc_1_51_threads.h"

#include <dlfcn.h>
#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <mutex>

#include "absl/strings/string_view.h"

namespace mpd {
namespace {

using Next = grpc_event (*)(grpc_completion_queue*, gpr_timespec, void*);

std::atomic<bool> wait_for_ever{false};
std::atomic<bool> one_takes_all{false};

// The name that gRPC gives to them, and to no others.
bool IsCallbackThread() {
  std::array<char, 16> name{};
  return pthread_getname_np(pthread_self(), name.data(), name.size()) == 0 &&
         absl::string_view(name.data()) == "nexting_thread";
}

// Waits for its turn, which a thread has from its first event to the end of its queue.
grpc_event NextInTurn(Next next, grpc_completion_queue* queue, gpr_timespec deadline,
                      void* reserved) {
  static std::mutex turn;
  thread_local bool has_turn = false;
  if (!has_turn) turn.lock();
  const grpc_event event = next(queue, deadline, reserved);
  has_turn = event.type != GRPC_QUEUE_SHUTDOWN;
  if (!has_turn) turn.unlock();
  return event;
}

}  // namespace

void LetCallbackThreadsWait() { wait_for_ever = true; }

void TakeCallsOnOneThread() { one_takes_all = true; }

}  // namespace mpd

// Found before the function of the same name in gRPC's library, by gRPC's own callers too. Whatever
// comes, the queue's end included, ends the wait; there is nothing that its deadline is needed for.
extern "C" grpc_event grpc_completion_queue_next(grpc_completion_queue* queue,
                                                 gpr_timespec deadline, void* reserved) {
  static const auto kNext =
      reinterpret_cast<mpd::Next>(dlsym(RTLD_NEXT, "grpc_completion_queue_next"));
  thread_local const bool kIsCallbackThread = mpd::IsCallbackThread();
  if (!kIsCallbackThread) return kNext(queue, deadline, reserved);
  if (mpd::wait_for_ever) deadline = gpr_inf_future(GPR_CLOCK_REALTIME);
  return mpd::one_takes_all ? mpd::NextInTurn(kNext, queue, deadline, reserved)
                            : kNext(queue, deadline, reserved);
}
