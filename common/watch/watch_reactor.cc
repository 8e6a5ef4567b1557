#include "common/watch/watch_reactor.h"

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

WatchHub::WatchHub(absl::Duration progress_interval, absl::Duration stall_limit)
    : worker_(std::make_unique<WatchWorker>(progress_interval, stall_limit)) {}

WatchHub::~WatchHub() = default;

void WatchHub::Wake() { worker_->Wake(); }

void WatchHub::Drain(const absl::Status& reason) { worker_->Drain(reason); }

void WatchHub::WaitUntilEmpty() { worker_->WaitUntilEmpty(); }

int64_t WatchHub::stream_count() const { return worker_->stream_count(); }

}  // namespace mpd
