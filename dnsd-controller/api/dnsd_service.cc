#include "dnsd-controller/api/dnsd_service.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <tuple>
#include <utility>

#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/unary_handler.h"
#include "dnsd-controller/api/lookup.h"
#include "dnsd-controller/control/dnsd_errors.h"

namespace mpd::dnsd {
namespace {

namespace asio = boost::asio;

constexpr size_t kMaxLookups = 256;

// Ends when the revision is published, or when the caller gives up.
class WaitReactor : public grpc::ServerUnaryReactor {
 public:
  WaitReactor(StatusBoard* board, grpc::CallbackServerContext* context,
              const v1::WaitForRevisionRequest& request, v1::WaitForRevisionResponse* response,
              int64_t barrier)
      : board_(board), context_(context) {
    const int64_t waiter = board->Wait(
        request.revision(), request.store_id(),
        [this, response](absl::StatusOr<StatusBoard::Published> published) {
          if (published.ok()) {
            response->set_published_revision(published->revision);
            response->set_store_id(published->store_id);
          }
          Finish(ToGrpcStatus(published.status()));
        },
        barrier);
    MutexLock lock(&mutex_);
    waiter_ = waiter;
  }

  // The board has called the waiter, or is about to, where it does not hold it any more: the call
  // is finished there.
  void OnCancel() override {
    const int64_t waiter = Waiter();
    if (!board_->Cancel(waiter)) return;
    const bool late = context_->deadline() <= std::chrono::system_clock::now();
    Finish(late ? ToGrpcStatus(DnsdErrors::NotPublished()) : grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  int64_t Waiter() {
    MutexLock lock(&mutex_);
    return waiter_;
  }

  // What was made on one thread is cancelled on another: gRPC sees to their order too, but unseen
  // by the thread sanitizer.
  Mutex mutex_;
  int64_t waiter_ ABSL_GUARDED_BY(mutex_) = 0;
  StatusBoard* const board_;
  grpc::CallbackServerContext* const context_;
};

class StatusSource : public WatchSource<v1::WatchStatusResponse> {
 public:
  explicit StatusSource(const StatusBoard* board) : board_(board) {}

  absl::StatusOr<bool> Next(v1::WatchStatusResponse* message) override {
    if (board_->version() == sent_) return false;
    std::tie(*message->mutable_status(), sent_) = board_->GetVersioned();
    return true;
  }
  void Progress(v1::WatchStatusResponse* message) override {
    *message->mutable_status() = board_->Get();
  }

 private:
  const StatusBoard* const board_;
  int64_t sent_ = -1;
};

asio::awaitable<void> AnswerLookup(DnsClient* resolver, LookupQuestion question,
                                   v1::LookupResponse* response, grpc::ServerUnaryReactor* reactor,
                                   std::atomic<size_t>* lookups) {
  absl::StatusOr<v1::LookupResponse> answer = co_await LookUp(resolver, std::move(question));
  if (answer.ok()) *response = std::move(*answer);
  --*lookups;
  reactor->Finish(ToGrpcStatus(answer.status()));
}

}  // namespace

DnsdService::DnsdService(asio::io_context* loop, ZoneController* controller, DnsClient* resolver,
                         StatusBoard* board, WatchHub* watches, Zone zone)
    : loop_(loop),
      mailbox_(loop),
      controller_(controller),
      resolver_(resolver),
      board_(board),
      watches_(watches),
      record_lister_(controller),
      zone_(std::move(zone)) {}

grpc::ServerUnaryReactor* DnsdService::GetStatus(grpc::CallbackServerContext* context,
                                                 const v1::GetStatusRequest*,
                                                 v1::Status* response) {
  // The answer does not wait for the resolver. It is asked each second from now on, so that the
  // next call finds something newer.
  mailbox_.Post([this] { controller_->KeepActive(); });
  *response = board_->Get();
  return FinishWith(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* DnsdService::WaitForRevision(grpc::CallbackServerContext* context,
                                                       const v1::WaitForRevisionRequest* request,
                                                       v1::WaitForRevisionResponse* response) {
  if (request->revision() < 0) {
    return FinishWith(context,
                      InvalidField("revision", std::to_string(request->revision()), "is negative"));
  }
  if (request->revision() > 0 && request->store_id().empty()) {
    return FinishWith(context,
                      InvalidField("store_id", "", "must say which store revision counts in"));
  }
  const int64_t barrier = request->after_new_answer() ? board_->NewBarrier() : 0;
  mailbox_.Post([this, barrier] { controller_->Expedite(barrier); });
  return new WaitReactor(board_, context, *request, response, barrier);
}

grpc::ServerUnaryReactor* DnsdService::ListRecords(grpc::CallbackServerContext* context,
                                                   const v1::ListRecordsRequest* request,
                                                   v1::ListRecordsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  mailbox_.Post([this, request, response, reactor] {
    reactor->Finish(ToGrpcStatus(record_lister_.List(*request, response)));
  });
  return reactor;
}

grpc::ServerUnaryReactor* DnsdService::Lookup(grpc::CallbackServerContext* context,
                                              const v1::LookupRequest* request,
                                              v1::LookupResponse* response) {
  absl::StatusOr<LookupQuestion> question = ParseLookup(*request, zone_);
  if (!question.ok()) return FinishWith(context, question.status());
  if (++lookups_ > kMaxLookups) {
    --lookups_;
    return FinishWith(context, DnsdErrors::TooManyLookups(kMaxLookups));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  asio::co_spawn(*loop_,
                 AnswerLookup(resolver_, *std::move(question), response, reactor, &lookups_),
                 asio::detached);
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchStatusResponse>* DnsdService::WatchStatus(
    grpc::CallbackServerContext* context, const v1::WatchStatusRequest*) {
  return watches_->Start<v1::WatchStatusResponse>(std::make_unique<StatusSource>(board_), context);
}

}  // namespace mpd::dnsd
