#include "container-manager/reconcile/podman_follower.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/async/backoff.h"
#include "common/base/logging.h"
#include "container-manager/containers/labels.h"
#include "container-manager/reconcile/pause.h"

namespace mpd::containers {
namespace {

constexpr absl::Duration kFirstReconnect = absl::Milliseconds(100);
constexpr absl::Duration kMaxReconnect = absl::Seconds(5);
constexpr absl::Duration kFirstListing = absl::Seconds(2);

}  // namespace

PodmanFollower::PodmanFollower(boost::asio::io_context* loop, PodmanInterface* podman,
                               absl::Duration resync, PodmanCallbacks callbacks)
    : loop_(loop), podman_(podman), resync_(resync), callbacks_(std::move(callbacks)) {}

void PodmanFollower::Start() {
  for (auto follow : {&PodmanFollower::FollowEvents, &PodmanFollower::ListNowAndThen}) {
    boost::asio::co_spawn(
        *loop_, [self = shared_from_this(), follow] { return (self.get()->*follow)(); },
        [self = shared_from_this()](std::exception_ptr thrown) {
          if (thrown) std::rethrow_exception(thrown);
        });
  }
}

Awaitable<void> PodmanFollower::ListNowAndThen() {
  const std::shared_ptr<PodmanFollower> self = shared_from_this();
  const std::string ours = absl::StrCat(kManagedLabel, "=true");
  // Soon the first time, for what the process before this one left.
  for (absl::Duration pause = kFirstListing; !stopped_; pause = resync_) {
    co_await Pause(loop_, std::min(pause, resync_));
    if (stopped_) co_return;
    const auto listed = co_await podman_->ListContainers("label", ours);
    // FollowEvents complains where Podman does not answer.
    if (listed.ok() && !stopped_) callbacks_.on_listing(*listed);
  }
}

Awaitable<void> PodmanFollower::FollowEvents() {
  const std::shared_ptr<PodmanFollower> self = shared_from_this();
  Backoff backoff(kFirstReconnect, kMaxReconnect);
  bool complained = false;
  // Asked for from the time of the last event on, that one included, so that nothing is missed that
  // happens between two requests.
  absl::Time since = absl::Now();
  while (!stopped_) {
    const absl::Time begin = absl::Now();
    const auto on_open = [this, &complained] {
      if (stopped_) return;
      callbacks_.on_connected();
      if (complained) LOG_INFO("PODMAN_BACK", "Podman answers again", {});
      complained = false;
    };
    const auto on_event = [this, &since](const PodmanEvent& event) {
      since = std::max(since, event.time);
      if (!stopped_) callbacks_.on_event(event);
    };
    const absl::Status ended = co_await podman_->Events(since, on_open, on_event);
    if (stopped_) co_return;
    const bool lasted = absl::Now() - begin > kMaxReconnect;
    if (lasted) backoff.Reset();
    if (!complained && !lasted) {
      complained = true;
      LOG_WARNING("PODMAN_AWAY", "Podman's events cannot be followed; it is tried again",
                  {{"problem", std::string(ended.message())}});
    }
    co_await Pause(loop_, backoff.Next());
  }
}

}  // namespace mpd::containers
