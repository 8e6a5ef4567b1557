#include "common/async/loop_mailbox.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace mpd {

LoopMailbox::LoopMailbox(boost::asio::io_context* loop) : gate_(LoopGate::Of(*loop)), loop_(loop) {}

void LoopMailbox::Post(absl::AnyInvocable<void()> work) {
  gate_->Pass([this, &work] {
    MutexLock lock(&mutex_);
    if (loop_ != nullptr) boost::asio::post(*loop_, std::move(work));
  });
}

void LoopMailbox::Close() {
  MutexLock lock(&mutex_);
  loop_ = nullptr;
}

}  // namespace mpd
