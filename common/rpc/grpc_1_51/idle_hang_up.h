// Hanging up on clients that are connected but call nothing, when a server shuts down.
#ifndef MPD_COMMON_RPC_GRPC_1_51_IDLE_HANG_UP_H_
#define MPD_COMMON_RPC_GRPC_1_51_IDLE_HANG_UP_H_

#include <cstdint>
#include <thread>

#include "absl/strings/string_view.h"
#include "common/base/mutex.h"

namespace grpc {
class Server;
}

namespace mpd {

// Made for gRPC 1.51. Symptom: Server::Shutdown waits for every client to agree to part, which one
// that is idle does only at its next call; a daemon would be gone for the whole grace at each
// restart. This one looks every 20 ms, on a thread of its own, whether calls are in flight on the
// servers of this process, and ends the server's connections when there were none five times in a
// row, so that a call that was on its way when the shutdown began is answered. On another gRPC it
// does nothing: the server then stops when its grace is over.
class IdleHangUp {
 public:
  // To be made together with the call of Shutdown. `server` must outlive it.
  explicit IdleHangUp(grpc::Server* server);
  // Ends it, at once.
  ~IdleHangUp();
  IdleHangUp(const IdleHangUp&) = delete;
  IdleHangUp& operator=(const IdleHangUp&) = delete;

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // False when it is to end.
  bool Pause() ABSL_LOCKS_EXCLUDED(mutex_);

  grpc::Server* const server_;
  Mutex mutex_;
  CondVar ended_changed_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// How many calls all servers of this process are answering, streams included, by gRPC's own count
// (channelz); -1 where it can't be had.
int64_t ServerCallsInFlight();

// The sum over one page of channelz' list of servers, JSON as grpc_channelz_get_servers gives it.
int64_t CallsInFlightOf(absl::string_view channelz_servers);

}  // namespace mpd

#endif  // MPD_COMMON_RPC_GRPC_1_51_IDLE_HANG_UP_H_
