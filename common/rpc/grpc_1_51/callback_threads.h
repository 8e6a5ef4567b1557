// gRPC's callback threads: how they wait, how many take calls, and how long they live.
//
// Made for gRPC 1.51 (CallbackAlternativeCQ in src/cpp/common/completion_queue_cc.cc), which starts
// them for a process's callback servers and clients together: at least two, and more where there
// are more than four processors. The first two workarounds work by a function of ours that stands
// before grpc_completion_queue_next of gRPC's library. On another gRPC all three do nothing.
#ifndef MPD_COMMON_RPC_GRPC_1_51_CALLBACK_THREADS_H_
#define MPD_COMMON_RPC_GRPC_1_51_CALLBACK_THREADS_H_

namespace mpd {

// From now on those of this process wait until there is something to do.
//
// Symptom: each waits for a second at most and then sleeps for 100 ms, for ever. That is most of
// what an idle daemon does; worse, when all of them sleep at the same time, which two do for up to
// a sixth of the time, a call waits for one to wake. The waits of other threads are left as they
// are. Thread-safe.
void LetCallbackThreadsWait();

// From now on one of them takes what comes, and the others wait until their queue ends. What is
// called back must not block, or nothing else is.
//
// Symptom: where calls are short, each is handed from one thread to the next and their locks are
// contended, which on two processors costs a fifth of the throughput. To be called before the
// first server or channel. Thread-safe.
void TakeCallsOnOneThread();

// From now on they live as long as the process.
//
// Symptom: gRPC ends them with the last channel and callback server. A call's context may hold the
// last channel; where a callback destroys that context, its thread would wait for its own end, and
// gRPC aborts the process. Thread-safe.
void KeepCallbackThreads();

}  // namespace mpd

#endif  // MPD_COMMON_RPC_GRPC_1_51_CALLBACK_THREADS_H_
