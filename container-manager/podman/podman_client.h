// Podman by its REST API on a Unix socket.
#ifndef MPD_CONTAINER_MANAGER_PODMAN_PODMAN_CLIENT_H_
#define MPD_CONTAINER_MANAGER_PODMAN_PODMAN_CLIENT_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/async/single_flight.h"
#include "container-manager/podman/podman_interface.h"
#include "container-manager/podman/unix_http.h"

namespace mpd::containers {

// What a call may take unless its own kind needs longer.
inline constexpr absl::Duration kPodmanCallTimeout = absl::Seconds(15);
// Creating and starting unpack layers and run hooks.
inline constexpr absl::Duration kPodmanSlowCallTimeout = absl::Seconds(60);
// Calls on their way at once; and those among them that wait for a container to end, which take
// their time and no work.
inline constexpr int kPodmanMaxCalls = 12;
inline constexpr int kPodmanMaxStops = 64;

class PodmanClient : public PodmanInterface {
 public:
  // `loop` must outlive it.
  PodmanClient(boost::asio::io_context* loop, std::string socket_path,
               absl::Duration call_timeout = kPodmanCallTimeout);

  Awaitable<absl::StatusOr<NetworkSpec>> InspectNetwork(std::string name) override;
  Awaitable<absl::Status> CreateNetwork(NetworkSpec spec) override;
  Awaitable<absl::Status> RemoveNetwork(std::string name) override;
  Awaitable<absl::Status> ConnectNetwork(std::string network, std::string container,
                                         std::string address) override;
  Awaitable<absl::Status> DisconnectNetwork(std::string network, std::string container) override;
  Awaitable<absl::StatusOr<VolumeInfo>> InspectVolume(std::string name) override;
  Awaitable<absl::Status> CreateVolume(std::string name, Labels labels) override;
  Awaitable<absl::Status> RemoveVolume(std::string name) override;
  Awaitable<absl::StatusOr<bool>> HasImage(std::string image) override;
  Awaitable<absl::StatusOr<std::string>> ImageId(std::string image) override;
  Awaitable<absl::Status> PullImage(PullRequest request) override;
  Awaitable<absl::StatusOr<std::string>> CreateContainer(ContainerSpec spec) override;
  Awaitable<absl::StatusOr<ContainerInfo>> InspectContainer(std::string container) override;
  Awaitable<absl::StatusOr<std::vector<ContainerSummary>>> ListContainers(
      std::string key, std::string value) override;
  Awaitable<absl::Status> UnpauseContainer(std::string container) override;
  Awaitable<absl::Status> RenameContainer(std::string container, std::string name) override;
  Awaitable<absl::Status> StartContainer(std::string container) override;
  Awaitable<absl::Status> StopContainer(std::string container, absl::Duration grace) override;
  Awaitable<absl::Status> SignalContainer(std::string container, std::string signal) override;
  Awaitable<absl::Status> RemoveContainer(std::string container) override;
  Awaitable<absl::StatusOr<ExecResult>> Exec(std::string container,
                                             std::vector<std::string> command,
                                             absl::Duration timeout) override;
  Awaitable<absl::Status> Logs(std::string container, LogRequest request,
                               std::function<bool(LogChunk)> on_chunk) override;
  Awaitable<absl::Status> Events(absl::Time since, std::function<void()> on_open,
                                 std::function<void(const PodmanEvent&)> on_event) override;

 private:
  struct Ask {
    std::string what;  // completes "Podman refused to …"
    HttpRequest request;
    absl::Duration timeout;
  };
  // The body of a success; any other status is an error, save 304, which says "already so".
  Awaitable<absl::StatusOr<std::string>> Call(Ask ask);
  Awaitable<absl::StatusOr<std::string>> CallOn(UnixHttp* http, Ask ask);
  Awaitable<absl::Status> CallForStatus(Ask ask);
  Awaitable<absl::StatusOr<bool>> CheckImage(std::string image);
  Awaitable<absl::StatusOr<std::string>> InspectImage(std::string image);

  const absl::Duration call_timeout_;
  UnixHttp http_;
  UnixHttp stops_;
  SingleFlight<absl::StatusOr<bool>> image_checks_;
  SingleFlight<absl::StatusOr<std::string>> image_inspections_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_PODMAN_PODMAN_CLIENT_H_
