// Brings one container, and what it needs of Podman, to the state that a spec describes. Every
// step may be cut off anywhere and done again.
#ifndef MPD_CONTAINER_MANAGER_CONTAINER_KEEPER_H_
#define MPD_CONTAINER_MANAGER_CONTAINER_KEEPER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "container-manager/podman_interface.h"
#include "container-manager/turns.h"
#include "container-manager/workload.h"

namespace mpd::containers {

// Used on the loop's thread only. Touches nothing that is not labelled as ours.
class ContainerKeeper {
 public:
  // Both must outlive it.
  ContainerKeeper(boost::asio::io_context* loop, PodmanInterface* podman);

  // The network as in `wanted`. One of ours that differs is made anew where no container uses it.
  Awaitable<absl::Status> EnsureNetwork(NetworkSpec wanted);

  Awaitable<absl::Status> EnsureDataVolume();

  // The workload's container; nullopt where there is none. An error where the name is taken by
  // one that is not ours.
  Awaitable<absl::StatusOr<std::optional<ContainerInfo>>> Find(WorkloadId id);

  // Running, and made from exactly this spec. `on_create` and `on_start` are called before either
  // happens.
  struct Progress {
    std::function<Awaitable<absl::Status>()> on_create;
    std::function<Awaitable<absl::Status>()> on_start;
  };
  Awaitable<absl::StatusOr<ContainerInfo>> EnsureRunning(WorkloadId id, ContainerSpec spec,
                                                         Progress progress);

  // The end of what it printed, in one line, for a message.
  Awaitable<std::string> LastLines(std::string container);

 private:
  Awaitable<absl::Status> CheckNetwork(NetworkSpec wanted);
  Awaitable<absl::Status> CreateAnew(WorkloadId id, ContainerSpec spec);
  Awaitable<absl::Status> Start(ContainerSpec spec);
  Awaitable<absl::Status> FreeAddress(ContainerSpec spec, std::string holder);

  PodmanInterface* const podman_;
  const std::shared_ptr<Turns> network_turn_;  // one at a time makes the network
};

// The id in Podman's "requested ip address … is already allocated to container ID …"; empty where
// the error is another.
std::string AddressHolder(const absl::Status& error);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_CONTAINER_KEEPER_H_
