// Asio's awaitable, in a form that every supported Boost compiles.
#ifndef MPD_COMMON_ASYNC_AWAITABLE_H_
#define MPD_COMMON_ASYNC_AWAITABLE_H_

// clang-format off
#include <utility>  // first: Boost 1.74's awaitable.hpp uses it without including it
#include <boost/asio/awaitable.hpp>
// clang-format on

namespace mpd {

template <typename T>
using Awaitable = boost::asio::awaitable<T>;

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_AWAITABLE_H_
