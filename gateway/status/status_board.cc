#include "gateway/status/status_board.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/async/loop_mailbox.h"
#include "common/base/mutex.h"
#include "common/watch/watch_client.h"
#include "common/watch/watch_reactor.h"
#include "gateway/status/status_collector.h"
#include "mpd/containers/v1/containers.pb.h"
#include "mpd/ipam/v1/ipam.pb.h"

namespace mpd::gateway {
namespace {

using mpd::gateway::v1::Status;
using mpd::gateway::v1::WatchStatusResponse;
using std::chrono::steady_clock;

constexpr auto kShortestInterval = std::chrono::milliseconds(100);
// Changes that no stream reports, such as the end of a component or the resolver's state, are seen
// after this time at most.
constexpr auto kLongestInterval = std::chrono::seconds(1);

// Written by the loop, read by the streams of the watchers.
struct Board {
  Mutex mutex;
  int watchers ABSL_GUARDED_BY(mutex) = 0;
  int64_t version ABSL_GUARDED_BY(mutex) = 0;
  // False while `status` may be old, because nobody watched before the present watchers.
  bool valid ABSL_GUARDED_BY(mutex) = false;
  Status status ABSL_GUARDED_BY(mutex);
};

class BoardSource : public WatchSource<WatchStatusResponse> {
 public:
  explicit BoardSource(std::shared_ptr<Board> board) : board_(std::move(board)) {
    MutexLock lock(&board_->mutex);
    if (board_->watchers++ == 0) board_->valid = false;
  }
  ~BoardSource() override {
    MutexLock lock(&board_->mutex);
    --board_->watchers;
  }
  absl::StatusOr<bool> Next(WatchStatusResponse* message) override {
    MutexLock lock(&board_->mutex);
    if (!board_->valid || board_->version == seen_) return false;
    seen_ = board_->version;
    *message->mutable_status() = board_->status;
    return true;
  }
  void Progress(WatchStatusResponse* message) override {
    MutexLock lock(&board_->mutex);
    if (board_->valid) *message->mutable_status() = board_->status;
  }

 private:
  const std::shared_ptr<Board> board_;
  int64_t seen_ = -1;
};

}  // namespace

class StatusBoard::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context* loop, const StatusCollector* collector, WatchHub* watches)
      : loop_(loop),
        mailbox_(std::make_shared<LoopMailbox>(loop)),
        collector_(collector),
        watches_(watches),
        timer_(*loop) {}

  void Follow(const BackendChannels& channels);
  void Unfollow() {
    mailbox_->Close();
    leases_.reset();
    workloads_.reset();
  }
  std::unique_ptr<BoardSource> NewSource();

 private:
  using LeaseWatch =
      WatchClient<mpd::ipam::v1::WatchLeasesRequest, mpd::ipam::v1::WatchLeasesResponse>;
  using WorkloadWatch = WatchClient<mpd::containers::v1::WatchWorkloadsRequest,
                                    mpd::containers::v1::WatchWorkloadsResponse>;

  void Begin();
  void Tick();
  void Collect();
  void Publish(Status status);
  bool IsWatched();

  boost::asio::io_context* const loop_;
  const std::shared_ptr<LoopMailbox> mailbox_;
  const StatusCollector* const collector_;
  WatchHub* const watches_;
  const std::shared_ptr<Board> board_ = std::make_shared<Board>();

  // Used on the loop only.
  boost::asio::steady_timer timer_;
  std::unique_ptr<LeaseWatch> leases_;
  std::unique_ptr<WorkloadWatch> workloads_;
  bool ticking_ = false;
  bool collecting_ = false;
  bool changed_ = false;
  steady_clock::time_point collected_;
};

void StatusBoard::Impl::Follow(const BackendChannels& channels) {
  const auto on_event = [this](const auto& message) {
    if (message.events_size() > 0) changed_ = true;
  };
  const auto on_connection = [this](const absl::Status&) { changed_ = true; };
  leases_ = std::make_unique<LeaseWatch>(loop_, channels[static_cast<size_t>(Backend::kIpam)],
                                         "/mpd.ipam.v1.IpamService/WatchLeases",
                                         LeaseWatch::Callbacks{[] {}, on_event, on_connection});
  workloads_ = std::make_unique<WorkloadWatch>(
      loop_, channels[static_cast<size_t>(Backend::kContainerManager)],
      "/mpd.containers.v1.ContainerManagerService/WatchWorkloads",
      WorkloadWatch::Callbacks{[] {}, on_event, on_connection});
  leases_->Start();
  workloads_->Start();
}

std::unique_ptr<BoardSource> StatusBoard::Impl::NewSource() {
  auto source = std::make_unique<BoardSource>(board_);
  mailbox_->Post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Begin();
  });
  return source;
}

void StatusBoard::Impl::Begin() {
  changed_ = true;
  if (ticking_) return;
  ticking_ = true;
  Tick();
}

void StatusBoard::Impl::Tick() {
  if (!IsWatched()) {
    ticking_ = false;
    return;
  }
  const bool due = changed_ || steady_clock::now() - collected_ >= kLongestInterval;
  if (due && !collecting_) Collect();
  timer_.expires_after(kShortestInterval);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self != nullptr) self->Tick();
  });
}

void StatusBoard::Impl::Collect() {
  collecting_ = true;
  changed_ = false;
  collected_ = steady_clock::now();
  collector_->Collect([weak = weak_from_this(), mailbox = mailbox_](Status status) {
    mailbox->Post([weak, status = std::move(status)]() mutable {
      if (const auto self = weak.lock()) self->Publish(std::move(status));
    });
  });
}

void StatusBoard::Impl::Publish(Status status) {
  collecting_ = false;
  {
    MutexLock lock(&board_->mutex);
    if (board_->valid && board_->status.SerializeAsString() == status.SerializeAsString()) return;
    board_->status.Swap(&status);
    board_->valid = true;
    ++board_->version;
  }
  watches_->Wake();
}

bool StatusBoard::Impl::IsWatched() {
  MutexLock lock(&board_->mutex);
  return board_->watchers > 0;
}

StatusBoard::StatusBoard(boost::asio::io_context* loop, const BackendChannels& channels,
                         const StatusCollector* collector, WatchHub* watches)
    : impl_(std::make_shared<Impl>(loop, collector, watches)) {
  impl_->Follow(channels);
}

StatusBoard::~StatusBoard() { impl_->Unfollow(); }

std::unique_ptr<WatchSource<WatchStatusResponse>> StatusBoard::NewSource() {
  return impl_->NewSource();
}

}  // namespace mpd::gateway
