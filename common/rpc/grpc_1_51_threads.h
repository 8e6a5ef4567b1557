// How gRPC's callback threads wait when nothing happens.
#ifndef MPD_COMMON_RPC_GRPC_1_51_THREADS_H_
#define MPD_COMMON_RPC_GRPC_1_51_THREADS_H_

namespace mpd {

// From now on those of this process wait until there is something to do.
//
// gRPC 1.51 has each of them wait for a second at most and then sleep for 100 ms
// (CallbackAlternativeCQ in src/cpp/common/completion_queue_cc.cc). There are at least two, more
// where there are more than four processors, and what they cost is most of what an idle daemon
// does. Worse, when both sleep at the same time, which they do for up to a sixth of the time, a
// call waits for them to wake. Their other waits and those of other threads are left as they are.
// Thread-safe.
void LetCallbackThreadsWait();

// From now on one of them takes what comes, and the others wait until their queue ends. What is
// called back must not block, or nothing else is.
//
// For a daemon whose calls are short: with more of them each call is handed from one to the other
// and their locks are contended, which on two processors costs a fifth of the throughput. To be
// called before there is a server. Thread-safe.
void TakeCallsOnOneThread();

}  // namespace mpd

#endif  // MPD_COMMON_RPC_GRPC_1_51_THREADS_H_
