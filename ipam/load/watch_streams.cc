#include "ipam/load/watch_streams.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "ipam/load/channel.h"

namespace mpd::ipam {
namespace {

constexpr int kStreamsPerConnection = 100;
constexpr absl::Duration kLook = absl::Milliseconds(2);
constexpr absl::Duration kSyncTimeout = absl::Minutes(1);

}  // namespace

WatchReader::WatchReader(v1::IpamService::Stub* stub) {
  stub->async()->WatchLeases(&context_, &request_, this);
  StartRead(&message_);
  StartCall();
}

WatchReader::~WatchReader() {
  context_.TryCancel();
  MutexLock lock(&mutex_);
  while (!seen_.ended) changed_.Wait(&mutex_);
}

void WatchReader::OnReadDone(bool ok) {
  if (!ok) return;
  const absl::Time now = absl::Now();
  {
    MutexLock lock(&mutex_);
    if (message_.revision() > seen_.revision) {
      seen_.revision = message_.revision();
      seen_.when = now;
    }
    seen_.synced = seen_.synced || message_.synced();
  }
  message_.Clear();
  StartRead(&message_);
}

void WatchReader::OnDone(const grpc::Status&) {
  MutexLock lock(&mutex_);
  seen_.ended = true;
  changed_.NotifyAll();
}

WatchReader::Seen WatchReader::seen() const {
  MutexLock lock(&mutex_);
  return seen_;
}

absl::StatusOr<std::unique_ptr<WatchStreams>> WatchStreams::Open(const std::string& socket,
                                                                 int count) {
  auto streams = std::make_unique<WatchStreams>();
  for (int i = 0; i < count; ++i) {
    if (i % kStreamsPerConnection == 0) {
      streams->stubs_.push_back(v1::IpamService::NewStub(ConnectTo(socket)));
    }
    streams->readers_.push_back(std::make_unique<WatchReader>(streams->stubs_.back().get()));
  }
  const absl::Time deadline = absl::Now() + kSyncTimeout;
  for (const auto& reader : streams->readers_) {
    for (WatchReader::Seen seen; !seen.synced; absl::SleepFor(kLook)) {
      seen = reader->seen();
      if (seen.ended || absl::Now() > deadline) {
        return absl::UnavailableError("a stream was not synced");
      }
    }
  }
  return streams;
}

absl::StatusOr<std::vector<absl::Time>> WatchStreams::WaitFor(int64_t revision,
                                                              absl::Duration timeout) const {
  const absl::Time deadline = absl::Now() + timeout;
  std::vector<absl::Time> times;
  for (const auto& reader : readers_) {
    WatchReader::Seen seen = reader->seen();
    for (; seen.revision < revision; seen = reader->seen()) {
      if (seen.ended || absl::Now() > deadline) {
        return absl::UnavailableError(absl::StrCat("a stream has not seen revision ", revision));
      }
      absl::SleepFor(kLook);
    }
    times.push_back(seen.when);
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace mpd::ipam
