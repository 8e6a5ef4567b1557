#include "common/watch_reactor.h"

namespace mpd {

WatchHub::WatchHub(absl::Duration progress_interval)
    : worker_(std::make_unique<WatchWorker>(progress_interval)) {}

WatchHub::~WatchHub() = default;

void WatchHub::Wake() { worker_->Wake(); }

void WatchHub::Drain(const absl::Status& reason) { worker_->Drain(reason); }

void WatchHub::WaitUntilEmpty() { worker_->WaitUntilEmpty(); }

int64_t WatchHub::stream_count() const { return worker_->stream_count(); }

}  // namespace mpd
