#include "common/watch/watch_session.h"

#include <grpcpp/client_context.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"

namespace mpd {

struct WatchSession::Timers {
  explicit Timers(boost::asio::io_context* loop) : retry(*loop), silence(*loop) {}
  boost::asio::steady_timer retry;
  boost::asio::steady_timer silence;
};

WatchSession::WatchSession(boost::asio::io_context* loop, WatchClientOptions options)
    : options_(options),
      mailbox_(std::make_shared<LoopMailbox>(loop)),
      timers_(std::make_unique<Timers>(loop)),
      backoff_(options.min_backoff, options.max_backoff) {}

WatchSession::~WatchSession() = default;

void WatchSession::Start() { Connect(); }

void WatchSession::Close() {
  closed_ = true;
  mailbox_->Close();
  timers_->retry.cancel();
  timers_->silence.cancel();
  if (context_ != nullptr) context_->TryCancel();
}

void WatchSession::Connect() {
  context_ = std::make_shared<grpc::ClientContext>();
  // A server that is restarting is waited for rather than polled.
  context_->set_wait_for_ready(true);
  connected_ = false;
  silent_ = false;
  last_message_ = absl::Now();
  WatchSilence(options_.silence_limit);
  OpenStream(context_, resumable_ ? revision_ + 1 : 0, resumable_ ? store_id_ : std::string());
}

void WatchSession::WatchSilence(absl::Duration wait) {
  timers_->silence.expires_after(absl::ToChronoNanoseconds(wait));
  timers_->silence.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<WatchSession> session = weak.lock();
    if (!error && session != nullptr && !session->closed_) session->CheckSilence();
  });
}

void WatchSession::CheckSilence() {
  if (context_ == nullptr) return;
  const absl::Duration left = last_message_ + options_.silence_limit - absl::Now();
  if (left > absl::ZeroDuration()) return WatchSilence(left);
  silent_ = true;
  context_->TryCancel();
}

void WatchSession::MessageCame() {
  last_message_ = absl::Now();
  if (connected_) return;
  connected_ = true;
  told_disconnected_ = false;
  if (!resumable_) OnReset();
  if (!closed_) OnConnection(absl::OkStatus());
}

void WatchSession::MessageTaken(int64_t revision, const std::string& store_id, bool synced) {
  backoff_.Reset();
  if (synced) resumable_ = true;
  revision_ = revision;
  store_id_ = store_id;
}

void WatchSession::StreamEnded(const grpc::Status& grpc_status) {
  context_ = nullptr;
  timers_->silence.cancel();
  absl::Status status = FromGrpcStatus(grpc_status);
  if (status.ok()) status = absl::UnavailableError("the server ended the stream");
  if (silent_) {
    status = absl::UnavailableError(
        absl::StrCat("nothing came for ", absl::FormatDuration(options_.silence_limit)));
  }
  // The place is gone, or too far behind: the state is read again.
  if (status.code() == absl::StatusCode::kOutOfRange || ErrorReason(status) == "SLOW_READER") {
    resumable_ = false;
  }
  if (!told_disconnected_) {
    told_disconnected_ = true;
    OnConnection(status);
  }
  if (!closed_) RetryLater();
}

void WatchSession::RetryLater() {
  timers_->retry.expires_after(absl::ToChronoNanoseconds(backoff_.Next()));
  timers_->retry.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<WatchSession> session = weak.lock();
    if (!error && session != nullptr && !session->closed_) session->Connect();
  });
}

}  // namespace mpd
