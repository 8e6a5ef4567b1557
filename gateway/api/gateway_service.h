// GatewayService: what spans the components.
#ifndef MPD_GATEWAY_API_GATEWAY_SERVICE_H_
#define MPD_GATEWAY_API_GATEWAY_SERVICE_H_

#include <memory>

#include "gateway/relay/backends.h"

namespace grpc {
class Service;
}

namespace mpd {
class WatchHub;
}

namespace mpd::gateway {

class Identity;
class StatusBoard;
class StatusCollector;

// All parameters must outlive the service.
std::unique_ptr<grpc::Service> MakeGatewayService(const Identity* identity,
                                                  const BackendChannels& channels,
                                                  const StatusCollector* collector,
                                                  StatusBoard* board, WatchHub* watches);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_API_GATEWAY_SERVICE_H_
