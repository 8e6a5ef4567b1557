// Server reflection, protocols v1 and v1alpha, from the generated descriptor pool. gRPC's own
// plugin speaks v1alpha only and knows only services that are registered by type: not those that a
// server relays as bytes.
#ifndef MPD_COMMON_DAEMON_REFLECTION_H_
#define MPD_COMMON_DAEMON_REFLECTION_H_

#include <memory>
#include <string>
#include <vector>

namespace grpc {
class Service;
}

namespace mpd {

// The names that reflection lists; filled before the server answers its first call.
using ServiceNames = std::shared_ptr<const std::vector<std::string>>;

struct ReflectionServices {
  std::shared_ptr<grpc::Service> v1;
  std::shared_ptr<grpc::Service> v1alpha;
};

// `names` is read at each question. Protos of the names must be linked into the program for their
// descriptors to be answered.
ReflectionServices MakeReflectionServices(ServiceNames names);

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_REFLECTION_H_
