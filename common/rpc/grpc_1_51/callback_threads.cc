#include "common/rpc/grpc_1_51/callback_threads.h"

#include <dlfcn.h>
#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <mutex>

#include "absl/strings/string_view.h"
#include "common/rpc/grpc_1_51/workarounds.h"

namespace mpd {
namespace {

using Next = grpc_event (*)(grpc_completion_queue*, gpr_timespec, void*);

// Of the process, as the function that asks them is.
std::atomic<bool> wait_for_ever{false};
std::atomic<bool> one_takes_all{false};

// gRPC gives this name to its callback threads and to no others.
bool IsCallbackThread() {
  std::array<char, 16> name{};
  return pthread_getname_np(pthread_self(), name.data(), name.size()) == 0 &&
         absl::string_view(name.data()) == "nexting_thread";
}

// The first thread to come here keeps the lock from its first event to the end of its queue.
grpc_event NextOnOneThread(Next next, grpc_completion_queue* queue, gpr_timespec deadline,
                           void* reserved) {
  static std::mutex taking_calls;
  thread_local bool takes_calls = false;
  if (!takes_calls) taking_calls.lock();
  const grpc_event event = next(queue, deadline, reserved);
  takes_calls = event.type != GRPC_QUEUE_SHUTDOWN;
  if (!takes_calls) taking_calls.unlock();
  return event;
}

// A call that is prepared, never started and never destroyed: its channel holds the threads.
class EndlessCall final : public grpc::ClientUnaryReactor {
 public:
  EndlessCall() {
    grpc::GenericStub stub(
        grpc::CreateChannel("unix:/dev/null", grpc::InsecureChannelCredentials()));
    stub.PrepareUnaryCall(&context_, "/mpd.Endless/Call", grpc::StubOptions(), &request_,
                          &response_, this);
  }

 private:
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

}  // namespace

void LetCallbackThreadsWait() {
  if (GrpcWorkaroundsOn()) wait_for_ever = true;
}

void TakeCallsOnOneThread() {
  if (GrpcWorkaroundsOn()) one_takes_all = true;
}

void KeepCallbackThreads() {
  if (!GrpcWorkaroundsOn()) return;
  static const EndlessCall* const kEndless = new EndlessCall;
  static_cast<void>(kEndless);
}

}  // namespace mpd

// The dynamic linker finds this before the function of the same name in gRPC's library, for gRPC's
// own calls of it too. It must stay in one object with LetCallbackThreadsWait, which every daemon
// calls: the linker drops an object of a static library to which nothing refers. The threads need
// no deadline: an event and the end of the queue both end the wait.
extern "C" grpc_event grpc_completion_queue_next(grpc_completion_queue* queue,
                                                 gpr_timespec deadline, void* reserved) {
  static const auto kNext =
      reinterpret_cast<mpd::Next>(dlsym(RTLD_NEXT, "grpc_completion_queue_next"));
  thread_local const bool kIsCallbackThread = mpd::IsCallbackThread();
  if (!kIsCallbackThread) return kNext(queue, deadline, reserved);
  if (mpd::wait_for_ever) deadline = gpr_inf_future(GPR_CLOCK_REALTIME);
  return mpd::one_takes_all ? mpd::NextOnOneThread(kNext, queue, deadline, reserved)
                            : kNext(queue, deadline, reserved);
}
