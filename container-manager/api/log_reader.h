// StreamLogs: what a container printed, from Podman to the client.
#ifndef MPD_CONTAINER_MANAGER_API_LOG_READER_H_
#define MPD_CONTAINER_MANAGER_API_LOG_READER_H_

#include <memory>
#include <string>

#include "common/async/loop_mailbox.h"
#include "common/watch/watch_reactor.h"
#include "container-manager/podman/podman_interface.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::containers {

// Thread-safe.
class LogReader {
 public:
  // All must outlive it and the sources that it gave out.
  LogReader(boost::asio::io_context* loop, PodmanInterface* podman, WatchHub* watches)
      : loop_(loop),
        mailbox_(std::make_shared<LoopMailbox>(loop)),
        podman_(podman),
        watches_(watches) {}

  // Begins to read. Up to 16 MiB wait for a slow client, more than Podman keeps of a log; a
  // follower that is still slower is ended with RESOURCE_EXHAUSTED (SLOW_READER).
  std::unique_ptr<WatchSource<v1::StreamLogsResponse>> Open(std::string workload,
                                                            std::string container,
                                                            LogRequest request);

 private:
  boost::asio::io_context* const loop_;
  const std::shared_ptr<LoopMailbox> mailbox_;
  PodmanInterface* const podman_;
  WatchHub* const watches_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_API_LOG_READER_H_
