#ifndef MPD_CONTAINER_MANAGER_RECONCILE_PAUSE_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_PAUSE_H_

#include "absl/time/time.h"
#include "common/async/awaitable.h"

namespace boost::asio {
class io_context;
}

namespace mpd::containers {

// Returns after this time, on the loop.
Awaitable<void> Pause(boost::asio::io_context* loop, absl::Duration duration);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_PAUSE_H_
