#include "gateway/relay/relay_call.h"

#include <grpcpp/alarm.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "common/base/mutex.h"
#include "common/rpc/grpc_status.h"
#include "gateway/relay/relay_errors.h"
#include "gateway/relay/relay_metadata.h"

namespace mpd::gateway {
namespace {

using Clock = std::chrono::system_clock;
using Bytes = grpc::ByteBuffer;

constexpr auto kLongestWait = std::chrono::seconds(10);
// How long before its deadline a call stops waiting for its backend, to have time for its error.
constexpr auto kTimeToAnswer = std::chrono::milliseconds(50);

std::string Text(grpc::string_ref text) { return {text.data(), text.size()}; }

// A call runs two loops, each with at most one message in flight. The up loop reads from the caller
// and writes to the backend; the down loop reads from the backend and writes to the caller.
//
// The backend's reactor gets one hold per loop, which the loop releases when it ends. gRPC calls
// the backend's OnDone only when no operation is in flight and all holds are released, so it can't
// come between two operations of a loop. OnUpstreamDone then finishes the caller's side. The object
// is deleted when both sides have had their OnDone.
//
// Every operation is started with the lock held, which is safe because gRPC never calls a reactor
// from within Start*. So each reaction sees everything that the reaction before it has written.
class RelayCall {
 public:
  RelayCall(const MethodRule& rule, std::shared_ptr<grpc::Channel> backend,
            grpc::GenericCallbackServerContext* caller_context)
      : rule_(rule),
        backend_(std::move(backend)),
        stub_(backend_),
        caller_context_(caller_context),
        caller_(this),
        upstream_(this) {}

  grpc::ServerGenericBidiReactor* Start(std::shared_ptr<RelayCall> self);

 private:
  struct CallerSide : grpc::ServerGenericBidiReactor {
    explicit CallerSide(RelayCall* owner) : call(owner) {}
    void OnReadDone(bool ok) override { call->OnCallerRead(ok); }
    void OnWriteDone(bool ok) override { call->OnCallerWritten(ok); }
    void OnCancel() override {
      call->upstream_context_.TryCancel();
      // gRPC calls OnDone after this has returned, but the thread sanitizer can't see that order.
      // It sees the order of two locks.
      MutexLock lock(&call->mutex_);
    }
    void OnDone() override { call->OnSideDone(); }
    RelayCall* const call;
  };
  struct UpstreamSide : grpc::ClientBidiReactor<Bytes, Bytes> {
    explicit UpstreamSide(RelayCall* owner) : call(owner) {}
    void OnReadInitialMetadataDone(bool ok) override { call->OnInitialMetadata(ok); }
    void OnReadDone(bool ok) override { call->OnUpstreamRead(ok); }
    void OnWriteDone(bool ok) override { call->OnUpstreamWritten(ok); }
    void OnDone(const grpc::Status& status) override { call->OnUpstreamDone(status); }
    RelayCall* const call;
  };

  void PrepareContext();
  void LimitWaiting(std::weak_ptr<RelayCall> self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndUp() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndDown() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  grpc::Status FinalStatus(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void OnCallerRead(bool ok);
  void OnUpstreamWritten(bool ok);
  void OnInitialMetadata(bool ok);
  void OnUpstreamRead(bool ok);
  void OnCallerWritten(bool ok);
  void OnUpstreamDone(const grpc::Status& status);
  void OnSideDone();

  const MethodRule& rule_;
  const std::shared_ptr<grpc::Channel> backend_;
  grpc::GenericStub stub_;
  grpc::GenericCallbackServerContext* const caller_context_;
  grpc::ClientContext upstream_context_;

  Mutex mutex_;
  CallerSide caller_ ABSL_GUARDED_BY(mutex_);
  UpstreamSide upstream_ ABSL_GUARDED_BY(mutex_);
  Bytes up_ ABSL_GUARDED_BY(mutex_);
  Bytes down_ ABSL_GUARDED_BY(mutex_);
  // The up loop is reading from the caller, so it has no operation in flight at the backend.
  bool reading_from_caller_ ABSL_GUARDED_BY(mutex_) = true;
  bool up_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool down_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool wait_expired_ ABSL_GUARDED_BY(mutex_) = false;  // LimitWaiting has cancelled the call
  int open_sides_ ABSL_GUARDED_BY(mutex_) = 2;
  std::unique_ptr<grpc::Alarm> wait_limit_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<RelayCall> self_ ABSL_GUARDED_BY(mutex_);  // until both sides are done
};

grpc::ServerGenericBidiReactor* RelayCall::Start(std::shared_ptr<RelayCall> self) {
  PrepareContext();
  MutexLock lock(&mutex_);
  stub_.PrepareBidiStreamingCall(&upstream_context_, std::string(rule_.method), {}, &upstream_);
  upstream_.AddMultipleHolds(2);
  if (rule_.repeat == Repeat::kSafe) LimitWaiting(self);
  self_ = std::move(self);
  upstream_.StartCall();
  caller_.StartRead(&up_);
  return &caller_;
}

void RelayCall::PrepareContext() {
  if (caller_context_->deadline() != Clock::time_point::max()) {
    upstream_context_.set_deadline(caller_context_->deadline());
  }
  upstream_context_.set_wait_for_ready(rule_.repeat == Repeat::kSafe);
  for (const auto& [key, value] : caller_context_->client_metadata()) {
    const std::string name = Text(key);
    if (PassesRelay(name)) upstream_context_.AddMetadata(name, Text(value));
  }
}

// Ends a call that waits for its backend for too long. When the backend is connected, as for most
// calls, no alarm is needed.
void RelayCall::LimitWaiting(std::weak_ptr<RelayCall> self) {
  if (backend_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) return;
  const auto deadline = caller_context_->deadline();
  const auto until =
      deadline == Clock::time_point::max() ? Clock::now() + kLongestWait : deadline - kTimeToAnswer;
  wait_limit_ = std::make_unique<grpc::Alarm>();
  wait_limit_->Set(until, [self = std::move(self)](bool expired) {
    const auto call = self.lock();
    if (!expired || call == nullptr) return;
    if (call->backend_->GetState(false) == GRPC_CHANNEL_READY) return;
    {
      MutexLock lock(&call->mutex_);
      call->wait_expired_ = true;
    }
    call->upstream_context_.TryCancel();
  });
}

void RelayCall::EndUp() {
  if (up_ended_) return;
  up_ended_ = true;
  upstream_.RemoveHold();
}

// The backend has ended the call, so what the caller may still send is not passed on.
void RelayCall::EndDown() {
  down_ended_ = true;
  if (reading_from_caller_) EndUp();
  upstream_.RemoveHold();
}

void RelayCall::OnCallerRead(bool ok) {
  MutexLock lock(&mutex_);
  reading_from_caller_ = false;
  if (up_ended_) return;
  if (ok) return upstream_.StartWrite(&up_);
  upstream_.StartWritesDone();
  EndUp();
}

void RelayCall::OnUpstreamWritten(bool ok) {
  MutexLock lock(&mutex_);
  // When a write fails, the backend has ended the call; the down loop gets its status.
  if (!ok || down_ended_) return EndUp();
  up_.Clear();
  reading_from_caller_ = true;
  caller_.StartRead(&up_);
}

void RelayCall::OnInitialMetadata(bool ok) {
  MutexLock lock(&mutex_);
  if (ok) {
    for (const auto& [key, value] : upstream_context_.GetServerInitialMetadata()) {
      const std::string name = Text(key);
      if (PassesRelay(name)) caller_context_->AddInitialMetadata(name, Text(value));
    }
    caller_.StartSendInitialMetadata();
  }
  upstream_.StartRead(&down_);
}

void RelayCall::OnUpstreamRead(bool ok) {
  MutexLock lock(&mutex_);
  if (ok) return caller_.StartWrite(&down_);
  EndDown();
}

void RelayCall::OnCallerWritten(bool ok) {
  if (!ok) upstream_context_.TryCancel();
  MutexLock lock(&mutex_);
  if (!ok) return EndDown();
  down_.Clear();
  upstream_.StartRead(&down_);
}

grpc::Status RelayCall::FinalStatus(const grpc::Status& status) {
  // UNAVAILABLE without details comes from gRPC itself, because of the connection. Errors of our
  // servers have details.
  const bool connection =
      status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty();
  if (!connection && !wait_expired_) return status;
  return ToGrpcStatus(RelayErrors::BackendUnavailable(ComponentName(rule_.backend)));
}

void RelayCall::OnUpstreamDone(const grpc::Status& status) {
  {
    MutexLock lock(&mutex_);
    if (wait_limit_ != nullptr) wait_limit_->Cancel();
    for (const auto& [key, value] : upstream_context_.GetServerTrailingMetadata()) {
      const std::string name = Text(key);
      if (PassesRelay(name)) caller_context_->AddTrailingMetadata(name, Text(value));
    }
    caller_.Finish(FinalStatus(status));
  }
  OnSideDone();
}

void RelayCall::OnSideDone() {
  std::shared_ptr<RelayCall> last;
  MutexLock lock(&mutex_);
  if (--open_sides_ == 0) last = std::move(self_);
}

}  // namespace

grpc::ServerGenericBidiReactor* StartRelayCall(const MethodRule& rule,
                                               const std::shared_ptr<grpc::Channel>& backend,
                                               grpc::GenericCallbackServerContext* context) {
  auto call = std::make_shared<RelayCall>(rule, backend, context);
  RelayCall* const raw = call.get();
  return raw->Start(std::move(call));
}

}  // namespace mpd::gateway
