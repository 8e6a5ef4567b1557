// The client side of a watch: a stream that reconnects by itself and resumes where it was.
#ifndef MPD_COMMON_WATCH_WATCH_CLIENT_H_
#define MPD_COMMON_WATCH_WATCH_CLIENT_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/watch/watch_session.h"

namespace mpd {

// Request needs start_revision and store_id, Response revision, store_id and synced; a stream
// without start_revision is one of which each message tells everything. All callbacks
// run on the loop's thread, one at a time, never after the WatchClient is destroyed there: it may
// be destroyed by one of them, and must be before the loop. The next message is read when
// on_message has returned.
template <typename Request, typename Response>
class WatchClient {
 public:
  struct Callbacks {
    // The stream begins anew from the current state (first connect, compaction, another store):
    // what is not in the messages up to `synced` is gone. Told just before the first of them.
    std::function<void()> on_reset;
    std::function<void(const Response&)> on_message;
    // Disconnected, with why (each time once; also when the first attempt fails); or connected
    // again (OK), told just before the first message.
    std::function<void(const absl::Status&)> on_connection;
  };
  // `method` is "/mpd.ipam.v1.IpamService/WatchLeases".
  WatchClient(boost::asio::io_context* loop, std::shared_ptr<grpc::Channel> channel,
              std::string method, Callbacks callbacks, WatchClientOptions options = {});
  ~WatchClient();
  WatchClient(const WatchClient&) = delete;
  WatchClient& operator=(const WatchClient&) = delete;

  // Once, on the loop's thread or before it runs.
  void Start();

 private:
  class Impl;
  const std::shared_ptr<Impl> impl_;
};

}  // namespace mpd

#include "common/watch/watch_client_inl.h"  // IWYU pragma: export

#endif  // MPD_COMMON_WATCH_WATCH_CLIENT_H_
