// Asks all components for their status and joins the replies.
#ifndef MPD_GATEWAY_STATUS_STATUS_COLLECTOR_H_
#define MPD_GATEWAY_STATUS_STATUS_COLLECTOR_H_

#include <functional>
#include <memory>
#include <string>

#include "gateway/relay/backends.h"
#include "mpd/gateway/v1/gateway.pb.h"

namespace mpd::gateway {

// Thread-safe. Never blocks.
class StatusCollector {
 public:
  // `own` is the entry of the gateway itself.
  StatusCollector(const BackendChannels& channels, std::string zone,
                  mpd::gateway::v1::Component own);
  ~StatusCollector();

  // Asks all components at the same time. A component that has not replied after 1 s is shown as
  // not healthy, with the reason; the replies of the others are there. `done` is called once, on a
  // thread of gRPC's, and must not block. The collector may be destroyed before.
  void Collect(std::function<void(mpd::gateway::v1::Status)> done) const;

 private:
  struct Stubs;
  const std::shared_ptr<Stubs> stubs_;
  const std::string zone_;
  const mpd::gateway::v1::Component own_;
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_STATUS_STATUS_COLLECTOR_H_
