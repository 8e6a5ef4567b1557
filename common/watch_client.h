// The client side of a watch: a stream that reconnects by itself and resumes where it was.
#ifndef MPD_COMMON_WATCH_CLIENT_H_
#define MPD_COMMON_WATCH_CLIENT_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"

namespace boost::asio {
class io_context;
}

namespace mpd {

// Request needs start_revision and store_id; Response revision and store_id. All callbacks run on the
// loop's thread, never after the WatchClient is destroyed there.
template <typename Request, typename Response>
class WatchClient {
 public:
  struct Callbacks {
    // The stream begins anew from the current state (first connect, compaction, another store): what
    // is not in the messages up to `synced` is gone.
    std::function<void()> on_reset;
    std::function<void(const Response&)> on_message;
    // Disconnected, with why; or connected again (OK), told with the first message.
    std::function<void(const absl::Status&)> on_connection;
  };
  // `method` is "/mpd.ipam.v1.IpamService/WatchLeases". A stream on which nothing comes for 20 s is
  // dropped and made anew. Retries after 20 ms, doubling up to 500 ms.
  WatchClient(boost::asio::io_context* loop, std::shared_ptr<grpc::Channel> channel,
              std::string method, Callbacks callbacks);
  ~WatchClient();
  void Start();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace mpd

#include "common/watch_client_inl.h"  // IWYU pragma: export

#endif  // MPD_COMMON_WATCH_CLIENT_H_
