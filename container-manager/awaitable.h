// Coroutines on the loop.
#ifndef MPD_CONTAINER_MANAGER_AWAITABLE_H_
#define MPD_CONTAINER_MANAGER_AWAITABLE_H_

// clang-format off
#include <utility>  // first: Boost 1.74's awaitable.hpp uses it without including it
#include <boost/asio/awaitable.hpp>
// clang-format on

namespace mpd::containers {

template <typename T>
using Awaitable = boost::asio::awaitable<T>;

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_AWAITABLE_H_
