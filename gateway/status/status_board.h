// Keeps the status for watchers up to date. While somebody watches, it is collected when leases or
// workloads change, and at least once a second, but at most ten times a second.
#ifndef MPD_GATEWAY_STATUS_STATUS_BOARD_H_
#define MPD_GATEWAY_STATUS_STATUS_BOARD_H_

#include <memory>

#include "gateway/relay/backends.h"
#include "mpd/gateway/v1/gateway.pb.h"

namespace boost::asio {
class io_context;
}

namespace mpd {
class WatchHub;
template <typename Message>
class WatchSource;
}  // namespace mpd

namespace mpd::gateway {

class StatusCollector;

class StatusBoard {
 public:
  // All arguments must outlive the board. It must be created and destroyed on the loop's thread, or
  // while the loop does not run.
  StatusBoard(boost::asio::io_context* loop, const BackendChannels& channels,
              const StatusCollector* collector, WatchHub* watches);
  ~StatusBoard();

  // The source of one watcher's stream. Thread-safe. The source may outlive the board.
  std::unique_ptr<WatchSource<mpd::gateway::v1::WatchStatusResponse>> NewSource();

 private:
  class Impl;
  const std::shared_ptr<Impl> impl_;
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_STATUS_STATUS_BOARD_H_
