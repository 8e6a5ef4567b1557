// The part of watch_client.h that is a template.
#ifndef MPD_COMMON_WATCH_WATCH_CLIENT_INL_H_
#define MPD_COMMON_WATCH_WATCH_CLIENT_INL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/client_callback.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace mpd {

template <typename Request, typename Response>
class WatchClient<Request, Response>::Impl final : public WatchSession {
 public:
  Impl(boost::asio::io_context* loop, std::shared_ptr<grpc::Channel> channel, std::string method,
       Callbacks callbacks, WatchClientOptions options)
      : WatchSession(loop, options),
        channel_(std::move(channel)),
        method_(std::move(method)),
        callbacks_(std::move(callbacks)) {}

  void Message(const Response& response) {
    MessageCame();
    if (closed()) return;
    if (callbacks_.on_message) callbacks_.on_message(response);
    if constexpr (kResumes) {
      MessageTaken(response.revision(), response.store_id(), response.synced());
    } else {
      MessageTaken(0, "", false);
    }
  }
  using WatchSession::StreamEnded;

 private:
  class Call;
  static constexpr bool kResumes = requires(Request request) { request.set_start_revision(0); };

  void OpenStream(const std::shared_ptr<grpc::ClientContext>& context, int64_t start_revision,
                  const std::string& store_id) override {
    Request request;
    if constexpr (kResumes) {
      request.set_start_revision(start_revision);
      request.set_store_id(store_id);
    }
    auto* call = new Call(mailbox(), std::static_pointer_cast<Impl>(shared_from_this()), context,
                          std::move(request));
    call->Begin(channel_, method_);
  }
  void OnReset() override {
    if (callbacks_.on_reset) callbacks_.on_reset();
  }
  void OnConnection(const absl::Status& status) override {
    if (callbacks_.on_connection) callbacks_.on_connection(status);
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::string method_;
  const Callbacks callbacks_;
};

// One stream; owns itself until OnDone. A hold keeps gRPC from ending it between two reads: whoever
// starts no further read gives the hold back.
template <typename Request, typename Response>
class WatchClient<Request, Response>::Impl::Call final
    : public grpc::ClientBidiReactor<Request, Response> {
 public:
  Call(std::shared_ptr<LoopMailbox> mailbox, std::weak_ptr<Impl> client,
       std::shared_ptr<grpc::ClientContext> context, Request request)
      : mailbox_(std::move(mailbox)),
        client_(std::move(client)),
        context_(std::move(context)),
        request_(std::move(request)) {}

  void Begin(const std::shared_ptr<grpc::Channel>& channel, const std::string& method) {
    grpc::TemplatedGenericStub<Request, Response> stub(channel);
    stub.PrepareBidiStreamingCall(context_.get(), method, grpc::StubOptions(), this);
    this->AddHold();
    this->StartWriteLast(&request_, grpc::WriteOptions());
    this->StartRead(&response_);
    this->StartCall();
  }

 private:
  // A message on its way to the loop. One that never arrives, because the loop or the client is
  // gone, ends the stream.
  class Delivery {
   public:
    explicit Delivery(Call* call) : call_(call) {}
    Delivery(Delivery&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
    Delivery& operator=(Delivery&&) = delete;
    ~Delivery() {
      if (call_ != nullptr) call_->GiveUp();
    }
    void Run() {
      const std::shared_ptr<Impl> client = call_->client_.lock();
      if (client == nullptr || client->closed()) return;
      client->Message(call_->response_);
      if (client->closed()) return;
      std::exchange(call_, nullptr)->ReadNext();
    }

   private:
    Call* call_;
  };

  void ReadNext() {
    response_ = Response();
    this->StartRead(&response_);
  }
  void GiveUp() {
    context_->TryCancel();
    this->RemoveHold();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      this->RemoveHold();
      return;
    }
    mailbox_->Post([delivery = Delivery(this)]() mutable { delivery.Run(); });
  }
  void OnDone(const grpc::Status& status) override {
    mailbox_->Post([client = client_, status] {
      const std::shared_ptr<Impl> there = client.lock();
      if (there != nullptr && !there->closed()) there->StreamEnded(status);
    });
    delete this;
  }

  const std::shared_ptr<LoopMailbox> mailbox_;
  const std::weak_ptr<Impl> client_;
  const std::shared_ptr<grpc::ClientContext> context_;
  const Request request_;
  Response response_;
};

template <typename Request, typename Response>
WatchClient<Request, Response>::WatchClient(boost::asio::io_context* loop,
                                            std::shared_ptr<grpc::Channel> channel,
                                            std::string method, Callbacks callbacks,
                                            WatchClientOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(channel), std::move(method),
                                   std::move(callbacks), options)) {}

template <typename Request, typename Response>
WatchClient<Request, Response>::~WatchClient() {
  impl_->Close();
}

template <typename Request, typename Response>
void WatchClient<Request, Response>::Start() {
  impl_->Start();
}

}  // namespace mpd

#endif  // MPD_COMMON_WATCH_WATCH_CLIENT_INL_H_
