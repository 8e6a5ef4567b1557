#include "container-manager/api/log_reader.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <optional>
#include <utility>

#include "common/base/mutex.h"
#include "common/base/status.h"
#include "container-manager/model/workload_errors.h"

namespace mpd::containers {
namespace {

namespace asio = boost::asio;

constexpr size_t kMaxWaiting = 16 << 20;
constexpr size_t kMaxMessage = 64 << 10;

// Between the loop, which fills it, and the hub, which empties it. Thread-safe.
class LogQueue {
 public:
  // False when there is no more room, or nobody reads any more.
  bool Push(LogChunk chunk) {
    MutexLock lock(&mutex_);
    if (closed_ || waiting_ + chunk.data.size() > kMaxWaiting) {
      overflown_ = !closed_;
      return false;
    }
    waiting_ += chunk.data.size();
    chunks_.push_back(std::move(chunk));
    return true;
  }

  void End(const absl::Status& status) {
    MutexLock lock(&mutex_);
    end_ = overflown_ ? WorkloadErrors::SlowReader(0) : status;
  }

  // nullopt: nothing yet. Errors: how it ended, once all was taken.
  absl::StatusOr<std::optional<LogChunk>> Pop() {
    MutexLock lock(&mutex_);
    if (chunks_.empty()) {
      if (!end_) return std::optional<LogChunk>();
      return end_->ok() ? StreamComplete() : *end_;
    }
    LogChunk& first = chunks_.front();
    LogChunk taken{first.is_stderr, first.data.substr(0, kMaxMessage)};
    waiting_ -= taken.data.size();
    first.data.erase(0, taken.data.size());
    if (first.data.empty()) chunks_.pop_front();
    return std::optional<LogChunk>(std::move(taken));
  }

  void Close() {
    MutexLock lock(&mutex_);
    closed_ = true;
  }

 private:
  Mutex mutex_;
  std::deque<LogChunk> chunks_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool overflown_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

// What the reading coroutine and the source share.
struct Reading {
  LogQueue queue;
  std::function<void()> cancel;  // the loop's thread only
  bool cancelled = false;        // likewise
};

class LogSource : public WatchSource<v1::StreamLogsResponse> {
 public:
  LogSource(std::shared_ptr<LoopMailbox> mailbox, std::shared_ptr<Reading> reading)
      : mailbox_(std::move(mailbox)), reading_(std::move(reading)) {}
  ~LogSource() override {
    reading_->queue.Close();
    mailbox_->Post([reading = reading_] {
      reading->cancelled = true;
      if (reading->cancel) reading->cancel();
    });
  }

  absl::StatusOr<bool> Next(v1::StreamLogsResponse* message) override {
    ASSIGN_OR_RETURN(std::optional<LogChunk> chunk, reading_->queue.Pop());
    if (!chunk) return false;
    message->set_stream(chunk->is_stderr ? v1::StreamLogsResponse::STREAM_STDERR
                                         : v1::StreamLogsResponse::STREAM_STDOUT);
    message->set_data(std::move(chunk->data));
    return true;
  }
  void Progress(v1::StreamLogsResponse*) override {}

 private:
  const std::shared_ptr<LoopMailbox> mailbox_;
  const std::shared_ptr<Reading> reading_;
};

Awaitable<void> Read(PodmanInterface* podman, WatchHub* watches, std::shared_ptr<Reading> reading,
                     std::string workload, std::string container, LogRequest request) {
  request.on_open = [reading](std::function<void()> cancel) {
    reading->cancel = std::move(cancel);
    if (reading->cancelled) reading->cancel();
  };
  const auto on_chunk = [reading, watches](LogChunk chunk) {
    const bool pushed = reading->queue.Push(std::move(chunk));
    watches->Wake();
    return pushed;
  };
  const absl::Status ended = co_await podman->Logs(container, std::move(request), on_chunk);
  reading->cancel = nullptr;
  reading->queue.End(absl::IsNotFound(ended) ? WorkloadErrors::NoContainer(workload) : ended);
  watches->Wake();
}

}  // namespace

std::unique_ptr<WatchSource<v1::StreamLogsResponse>> LogReader::Open(std::string workload,
                                                                     std::string container,
                                                                     LogRequest request) {
  auto reading = std::make_shared<Reading>();
  mailbox_->Post([loop = loop_, podman = podman_, watches = watches_, reading,
                  workload = std::move(workload), container = std::move(container),
                  request = std::move(request)]() mutable {
    asio::co_spawn(*loop,
                   Read(podman, watches, reading, std::move(workload), std::move(container),
                        std::move(request)),
                   asio::detached);
  });
  return std::make_unique<LogSource>(mailbox_, std::move(reading));
}

}  // namespace mpd::containers
