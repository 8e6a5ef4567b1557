// What every server of ours says of itself: which services it has (reflection) and which build
// runs.
#ifndef MPD_COMMON_DAEMON_INTROSPECTION_H_
#define MPD_COMMON_DAEMON_INTROSPECTION_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace grpc {
class ServerBuilderOption;
}

namespace mpd {

struct Introspection {
  // Answered by mpd.component.v1.ComponentService.
  std::string version;
  std::string build;
  // Services that the server relays as bytes: reflection lists them beside the registered ones.
  std::vector<std::string> relayed_services;
  // Called, where set, with the names of the registered services, before the server takes calls.
  std::function<void(const std::vector<std::string>& names)> on_registered;
};

// For grpc::ServerBuilder::SetOption; the services live as long as the server.
std::unique_ptr<grpc::ServerBuilderOption> MakeIntrospection(Introspection introspection);

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_INTROSPECTION_H_
