#include "gateway/ca/api/upkeep.h"

#include <boost/asio/io_context.hpp>
#include <chrono>

#include "common/base/logging.h"

namespace mpd::ca {
namespace {

constexpr std::chrono::seconds kInterval(1);
// An hour, counted in intervals.
constexpr int64_t kTicksPerSweep = 3600;

}  // namespace

Upkeep::Upkeep(boost::asio::io_context* loop, Authority* authority, Store* store,
               WorkerThread* worker, WatchHub* watches)
    : authority_(authority), log_(store), worker_(worker), watches_(watches), timer_(*loop) {}

void Upkeep::Stop() {
  stopped_ = true;
  timer_.cancel();
}

// A full queue is a busy process: the next tick is soon.
void Upkeep::Tick() {
  (void)worker_->Post([this] {
    if (authority_->Reload()) watches_->Wake();
  });
  if (ticks_++ % kTicksPerSweep == 0) {
    (void)worker_->Post([this] {
      const absl::Status swept = log_.Sweep(authority_->now());
      if (!swept.ok()) LOG_WARNING("SWEEP_FAILED", swept.message());
    });
  }
  timer_.expires_after(kInterval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !stopped_) Tick();
  });
}

}  // namespace mpd::ca
