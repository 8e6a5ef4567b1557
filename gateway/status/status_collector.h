// Everything at a glance: what the components say of themselves, joined.
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
  // `own` is the gateway's own entry.
  StatusCollector(const BackendChannels& channels, std::string zone,
                  mpd::gateway::v1::Component own);
  ~StatusCollector();

  // Asks all components at once. A component that has not answered after a second is shown as not
  // healthy, with why; what the others said is there. `done` is called once, on a thread of gRPC's:
  // it must not block. The collector may be gone by then.
  void Collect(std::function<void(mpd::gateway::v1::Status)> done) const;

 private:
  struct Stubs;
  const std::shared_ptr<Stubs> stubs_;
  const std::string zone_;
  const mpd::gateway::v1::Component own_;
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_STATUS_STATUS_COLLECTOR_H_
