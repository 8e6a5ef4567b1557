// Waiting in a coroutine for a commit of the store.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_AWAIT_COMMIT_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_AWAIT_COMMIT_H_

#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "common/async/await_callback.h"
#include "common/store/store.h"

namespace mpd::containers {

inline Awaitable<absl::StatusOr<CommitResponse>> AwaitCommit(
    boost::asio::io_context* loop, std::function<void(CommitCallback)> begin) {
  return AwaitCallback<absl::StatusOr<CommitResponse>>(loop, std::move(begin));
}

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_AWAIT_COMMIT_H_
