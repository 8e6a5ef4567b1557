// Coroutines on the loop.
#ifndef MPD_CONTAINER_MANAGER_AWAITABLE_H_
#define MPD_CONTAINER_MANAGER_AWAITABLE_H_

#include "common/awaitable.h"

namespace mpd::containers {

template <typename T>
using Awaitable = boost::asio::awaitable<T>;

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_AWAITABLE_H_
