// Follows what happens to containers: Podman's events, and a listing now and then for what no event
// told of.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_PODMAN_FOLLOWER_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_PODMAN_FOLLOWER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "common/async/awaitable.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

struct PodmanCallbacks {
  // The events are followed from here on; what happened before may have been missed.
  std::function<void()> on_connected;
  std::function<void(const PodmanEvent&)> on_event;
  // All containers that carry our label, as often as the resync says.
  std::function<void(const std::vector<ContainerSummary>&)> on_listing;
};

// On the loop's thread only, held by a shared_ptr. Kept alive by its own coroutines, which end with
// the loop, or some time after Stop.
class PodmanFollower : public std::enable_shared_from_this<PodmanFollower> {
 public:
  // `loop` and `podman` must outlive the loop's last run. No callback comes after Stop.
  PodmanFollower(boost::asio::io_context* loop, PodmanInterface* podman, absl::Duration resync,
                 PodmanCallbacks callbacks);

  void Start();
  void Stop() { stopped_ = true; }

 private:
  Awaitable<void> FollowEvents();
  Awaitable<void> ListNowAndThen();

  boost::asio::io_context* const loop_;
  PodmanInterface* const podman_;
  const absl::Duration resync_;
  const PodmanCallbacks callbacks_;
  bool stopped_ = false;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_PODMAN_FOLLOWER_H_
