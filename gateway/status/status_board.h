// The status as watchers see it: collected anew when something changes, at most ten times a second,
// and only while somebody watches.
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
  // All must outlive it. Made and destroyed on the loop's thread, or while the loop does not run.
  StatusBoard(boost::asio::io_context* loop, const BackendChannels& channels,
              const StatusCollector* collector, WatchHub* watches);
  ~StatusBoard();

  // The stream of one watcher. Thread-safe; the source may outlive the board.
  std::unique_ptr<WatchSource<mpd::gateway::v1::WatchStatusResponse>> NewSource();

 private:
  class Impl;
  const std::shared_ptr<Impl> impl_;
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_STATUS_STATUS_BOARD_H_
