// Server streams that tell of changes. A stream holds no queue: it pulls its next message from a
// source (as a rule a cursor over the store's log) when the last one has been taken, so a slow
// reader costs one message and its place; one that has fallen too far behind is ended by its source
// with RESOURCE_EXHAUSTED, and so, where the handler wishes, is one that takes nothing at all.
#ifndef MPD_COMMON_WATCH_WATCH_REACTOR_H_
#define MPD_COMMON_WATCH_WATCH_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/grpc_1_51/call_cancellation.h"
#include "common/rpc/grpc_status.h"
#include "common/watch/watch_stream.h"

namespace mpd {

// What a source returns as an error to end its stream without one.
absl::Status StreamComplete();
bool IsStreamComplete(const absl::Status& status);

// Where one stream gets its messages. Called by one thread at a time, the hub's worker; may read
// the disk, must not wait for anything else. Destroyed when the stream has ended.
template <typename Message>
class WatchSource {
 public:
  virtual ~WatchSource() = default;
  // True: `message`, empty before, is to be sent. False: nothing new; asked again after the hub's
  // next Wake. An error ends the stream with it.
  virtual absl::StatusOr<bool> Next(Message* message) = 0;
  // A message that says how far the stream is, for when nothing else is sent.
  virtual void Progress(Message* message) = 0;
};

// All watch streams of a daemon. Thread-safe.
class WatchHub {
 public:
  explicit WatchHub(absl::Duration progress_interval = absl::Seconds(8),
                    absl::Duration stall_limit = absl::Seconds(20));
  // After Drain, and after the server is down.
  ~WatchHub();

  // The reactor to return from a streaming handler. It owns the source and itself. One write is in
  // flight at a time; Finish is called exactly once. With the call's context, a stream whose client
  // takes nothing for the stall limit while a message waits to be sent is ended with
  // RESOURCE_EXHAUSTED (SLOW_READER): past that message, so that the client gets code and sentence,
  // but no ErrorInfo.
  template <typename Message>
  grpc::ServerWriteReactor<Message>* Start(std::unique_ptr<WatchSource<Message>> source,
                                           grpc::CallbackServerContext* context = nullptr);

  // A stream that ends at once with the error: for a request that is refused.
  template <typename Message>
  grpc::ServerWriteReactor<Message>* Refuse(absl::Status error);

  // Something changed: every idle stream asks its source. Cheap, and many calls are as one: good
  // for a listener of the store's.
  void Wake();

  // Ends every stream, now and later, with this error.
  void Drain(const absl::Status& reason);

  // Returns when no stream is left.
  void WaitUntilEmpty();

  int64_t stream_count() const;

 private:
  std::unique_ptr<WatchWorker> worker_;
};

// The rest is for the templates above.

template <typename Message>
class WatchReactor final : public grpc::ServerWriteReactor<Message>, public WatchStream {
 public:
  WatchReactor(WatchWorker* worker, std::unique_ptr<WatchSource<Message>> source,
               grpc::CallbackServerContext* context)
      : WatchStream(worker), source_(std::move(source)), context_(context) {}

 private:
  absl::StatusOr<bool> Pull() override {
    // Not Clear: an idle stream should not keep the memory of its largest message.
    message_ = Message();
    return source_->Next(&message_);
  }
  void FillProgress() override {
    message_ = Message();
    source_->Progress(&message_);
  }
  void Write() override { this->StartWrite(&message_); }
  void FinishWith(const absl::Status& status) override {
    this->Finish(IsStreamComplete(status) ? grpc::Status::OK : ToGrpcStatus(status));
  }

  bool CanBreakOff() const override { return context_ != nullptr; }
  void BreakOff(const absl::Status& status) override { CancelCall(context_, status); }

  void OnWriteDone(bool ok) override { WatchStream::Written(ok); }
  void OnCancel() override { WatchStream::Cancelled(); }
  void OnDone() override { WatchStream::Ended(); }

  const std::unique_ptr<WatchSource<Message>> source_;
  grpc::CallbackServerContext* const context_;
  Message message_;
};

template <typename Message>
grpc::ServerWriteReactor<Message>* WatchHub::Start(std::unique_ptr<WatchSource<Message>> source,
                                                   grpc::CallbackServerContext* context) {
  auto* reactor = new WatchReactor<Message>(worker_.get(), std::move(source), context);
  reactor->Begin();
  return reactor;
}

template <typename Message>
grpc::ServerWriteReactor<Message>* WatchHub::Refuse(absl::Status error) {
  class Refusal final : public WatchSource<Message> {
   public:
    explicit Refusal(absl::Status error) : error_(std::move(error)) {}
    absl::StatusOr<bool> Next(Message*) override { return error_; }
    void Progress(Message*) override {}

   private:
    const absl::Status error_;
  };
  return Start<Message>(std::make_unique<Refusal>(std::move(error)));
}

}  // namespace mpd

#endif  // MPD_COMMON_WATCH_WATCH_REACTOR_H_
