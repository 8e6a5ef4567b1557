// Calling another component from a coroutine on the loop.
#ifndef MPD_COMMON_RPC_GRPC_CLIENT_H_
#define MPD_COMMON_RPC_GRPC_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rpc/grpc_status.h"

namespace mpd {

// A channel to a component's Unix socket that reconnects within tens of milliseconds once the
// component is back.
std::shared_ptr<grpc::Channel> MakeLocalChannel(const std::string& socket_path);

// One unary call: `co_await CallUnary<Lease>(stub->async(), &Async::AllocateAddress, request, …)`.
// Resumes on the coroutine's executor. With `wait_for_ready`, a component that is restarting is
// waited for within the timeout.
template <typename Response, typename AsyncStub, typename Request>
boost::asio::awaitable<absl::StatusOr<Response>> CallUnary(
    AsyncStub* stub,
    void (AsyncStub::*method)(grpc::ClientContext*, const Request*, Response*,
                              std::function<void(grpc::Status)>),
    Request request, absl::Duration timeout, bool wait_for_ready = true);

}  // namespace mpd

#include "common/rpc/grpc_client_inl.h"  // IWYU pragma: export

#endif  // MPD_COMMON_RPC_GRPC_CLIENT_H_
