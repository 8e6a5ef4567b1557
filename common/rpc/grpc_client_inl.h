// The part of grpc_client.h that is a template.
#ifndef MPD_COMMON_RPC_GRPC_CLIENT_INL_H_
#define MPD_COMMON_RPC_GRPC_CLIENT_INL_H_

#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "common/async/callback_awaiter.h"

namespace mpd {
namespace grpc_client_internal {

// What gRPC writes to while the call runs, whether or not anybody still waits.
template <typename Request, typename Response>
struct UnaryCall {
  explicit UnaryCall(Request request_in) : request(std::move(request_in)) {}

  grpc::ClientContext context;
  const Request request;
  Response response;
  grpc::Status status;
};

// Cancels the call of a coroutine that is destroyed or gives up.
class CancelUnlessDone {
 public:
  explicit CancelUnlessDone(grpc::ClientContext* context) : context_(context) {}
  ~CancelUnlessDone() {
    if (context_ != nullptr) context_->TryCancel();
  }
  CancelUnlessDone(const CancelUnlessDone&) = delete;
  CancelUnlessDone& operator=(const CancelUnlessDone&) = delete;
  void Done() { context_ = nullptr; }

 private:
  grpc::ClientContext* context_;
};

}  // namespace grpc_client_internal

template <typename Response, typename AsyncStub, typename Request>
boost::asio::awaitable<absl::StatusOr<Response>> CallUnary(
    AsyncStub* stub,
    void (AsyncStub::*method)(grpc::ClientContext*, const Request*, Response*,
                              std::function<void(grpc::Status)>),
    Request request, absl::Duration timeout, bool wait_for_ready) {
  const auto call =
      std::make_shared<grpc_client_internal::UnaryCall<Request, Response>>(std::move(request));
  call->context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  call->context.set_wait_for_ready(wait_for_ready);
  CallbackAwaiter awaiter(co_await boost::asio::this_coro::executor);
  grpc_client_internal::CancelUnlessDone cancel(&call->context);
  (stub->*method)(&call->context, &call->request, &call->response,
                  [call, link = awaiter.link()](grpc::Status status) {
                    call->status = std::move(status);
                    CallbackAwaiter::Complete(link);
                  });
  if (!co_await awaiter.Wait()) co_return absl::CancelledError("nobody waits for the call");
  cancel.Done();
  if (!call->status.ok()) co_return FromGrpcStatus(call->status);
  co_return std::move(call->response);
}

}  // namespace mpd

#endif  // MPD_COMMON_RPC_GRPC_CLIENT_INL_H_
