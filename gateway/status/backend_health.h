// Whether the services that the gateway relays are served: what each backend says of itself in
// grpc.health.v1, followed by a stream to each.
#ifndef MPD_GATEWAY_STATUS_BACKEND_HEALTH_H_
#define MPD_GATEWAY_STATUS_BACKEND_HEALTH_H_

#include <functional>
#include <memory>
#include <string>

#include "gateway/relay/backends.h"

namespace boost::asio {
class io_context;
}

namespace mpd::gateway {

class BackendHealth {
 public:
  // The full name of a relayed service, and whether it is served.
  using OnChange = std::function<void(const std::string& service, bool serving)>;

  // `on_change` is called on the loop's thread, with each service whenever what is known of its
  // backend changes. Until it is called with a service, that one is not served. Backends repeat
  // their health every 8 s: one that says nothing for 20 s counts as not serving.
  //
  // `loop` must outlive it. Made and destroyed on the loop's thread, or while the loop does not
  // run.
  BackendHealth(boost::asio::io_context* loop, const BackendChannels& channels, OnChange on_change);
  ~BackendHealth();

 private:
  struct Streams;
  const std::unique_ptr<Streams> streams_;
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_STATUS_BACKEND_HEALTH_H_
