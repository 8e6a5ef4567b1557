// Waiting in a coroutine for what the store's threads answer.
#ifndef MPD_CONTAINER_MANAGER_AWAIT_COMMIT_H_
#define MPD_CONTAINER_MANAGER_AWAIT_COMMIT_H_

#include <functional>

#include "absl/status/statusor.h"
#include "common/store.h"
#include "container-manager/awaitable.h"

namespace boost::asio {
class io_context;
}

namespace mpd::containers {

// `begin` hands the callback to the store. Resumes on the loop. To be awaited there.
Awaitable<absl::StatusOr<CommitResponse>> AwaitCommit(boost::asio::io_context* loop,
                                                      std::function<void(CommitCallback)> begin);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_AWAIT_COMMIT_H_
