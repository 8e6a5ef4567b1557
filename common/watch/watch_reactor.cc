#include "common/watch/watch_reactor.h"

#include <grpc/grpc.h>
#include <grpcpp/server_context.h>

#include <string>

#include "absl/strings/cord.h"

namespace mpd {
namespace {

// A payload, because a status without an error can't be returned as one.
constexpr char kCompleteUrl[] = "mpd.test/stream-complete";

}  // namespace

absl::Status StreamComplete() {
  absl::Status status = absl::CancelledError("the stream is complete");
  status.SetPayload(kCompleteUrl, absl::Cord());
  return status;
}

bool IsStreamComplete(const absl::Status& status) {
  return status.GetPayload(kCompleteUrl).has_value();
}

// The C++ interface can only cancel with CANCELLED.
void CancelCall(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc_call_cancel_with_status(context->c_call(), static_cast<grpc_status_code>(status.code()),
                               std::string(status.message()).c_str(), nullptr);
}

WatchHub::WatchHub(absl::Duration progress_interval, absl::Duration stall_limit)
    : worker_(std::make_unique<WatchWorker>(progress_interval, stall_limit)) {}

WatchHub::~WatchHub() = default;

void WatchHub::Wake() { worker_->Wake(); }

void WatchHub::Drain(const absl::Status& reason) { worker_->Drain(reason); }

void WatchHub::WaitUntilEmpty() { worker_->WaitUntilEmpty(); }

int64_t WatchHub::stream_count() const { return worker_->stream_count(); }

}  // namespace mpd
