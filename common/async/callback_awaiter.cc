#include "common/async/callback_awaiter.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mpd {

namespace asio = boost::asio;

CallbackAwaiter::CallbackAwaiter(asio::any_io_executor executor)
    : timer_(executor, asio::steady_timer::time_point::max()), link_(std::make_shared<Link>()) {
  link_->gate = LoopGate::Of(asio::query(executor, asio::execution::context));
  link_->awaiter = this;
}

CallbackAwaiter::~CallbackAwaiter() {
  MutexLock lock(&link_->mutex);
  link_->awaiter = nullptr;
}

void CallbackAwaiter::Complete(const std::shared_ptr<Link>& link) {
  link->gate->Pass([&link] {
    MutexLock lock(&link->mutex);
    if (link->awaiter == nullptr) return;
    asio::post(link->awaiter->timer_.get_executor(), [link] { Resume(link.get()); });
  });
}

// On the executor, where the awaiter is destroyed too.
void CallbackAwaiter::Resume(Link* link) {
  CallbackAwaiter* awaiter = nullptr;
  {
    MutexLock lock(&link->mutex);
    awaiter = link->awaiter;
  }
  if (awaiter == nullptr) return;
  awaiter->completed_ = true;
  awaiter->timer_.cancel();
}

Awaitable<bool> CallbackAwaiter::Wait() {
  if (!completed_) {
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  co_return completed_;
}

}  // namespace mpd
