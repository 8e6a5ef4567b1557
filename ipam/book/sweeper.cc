#include "ipam/book/sweeper.h"

#include <boost/asio/io_context.hpp>
#include <chrono>

namespace mpd::ipam {
namespace {

constexpr std::chrono::seconds kInterval(5);
// An hour, counted in intervals.
constexpr int64_t kSweepsPerRequestSweep = 720;

}  // namespace

Sweeper::Sweeper(boost::asio::io_context* loop, LeaseBook* book) : book_(book), timer_(*loop) {}

void Sweeper::Start() {
  book_->SweepRequests();
  Schedule();
}

void Sweeper::Stop() {
  stopped_ = true;
  timer_.cancel();
}

void Sweeper::Schedule() {
  timer_.expires_after(kInterval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !stopped_) Sweep();
  });
}

void Sweeper::Sweep() {
  book_->DeleteStaleRests();
  if (++sweeps_ % kSweepsPerRequestSweep == 0) book_->SweepRequests();
  Schedule();
}

}  // namespace mpd::ipam
