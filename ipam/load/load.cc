#include "ipam/load/load.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "common/base/one_shot.h"

namespace mpd::ipam {
namespace {

struct Caller {
  std::vector<absl::Duration> latencies;
  int64_t failed = 0;
};

LoadResult Collect(std::vector<Caller>& callers, absl::Duration elapsed) {
  LoadResult result;
  result.elapsed = elapsed;
  for (const Caller& caller : callers) {
    result.latencies.insert(result.latencies.end(), caller.latencies.begin(),
                            caller.latencies.end());
    result.failed += caller.failed;
  }
  std::sort(result.latencies.begin(), result.latencies.end());
  return result;
}

class Run {
 public:
  Run(const StartCall& start, int callers, absl::Duration duration, int64_t first_number)
      : start_(start),
        callers_(callers),
        running_(callers),
        next_(first_number),
        begin_(absl::Now()),
        end_(begin_ + duration) {}

  LoadResult Wait() {
    for (Caller& caller : callers_) Next(&caller);
    done_.Wait();
    return Collect(callers_, absl::Now() - begin_);
  }

 private:
  // The calls of one caller follow one another, so its record needs no lock.
  void Next(Caller* caller) {
    const absl::Time now = absl::Now();
    if (now >= end_) {
      if (--running_ == 0) done_.Set(true);
      return;
    }
    start_(next_++, [this, caller, now](bool ok) {
      caller->latencies.push_back(absl::Now() - now);
      if (!ok) ++caller->failed;
      Next(caller);
    });
  }

  const StartCall& start_;
  std::vector<Caller> callers_;
  std::atomic<int> running_;
  std::atomic<int64_t> next_;
  const absl::Time begin_;
  const absl::Time end_;
  OneShot<bool> done_;
};

}  // namespace

double LoadResult::PerSecond() const {
  return static_cast<double>(latencies.size()) / absl::ToDoubleSeconds(elapsed);
}

absl::Duration LoadResult::Quantile(double q) const {
  if (latencies.empty()) return absl::ZeroDuration();
  return latencies[static_cast<size_t>(q * static_cast<double>(latencies.size() - 1))];
}

void LoadResult::Merge(const LoadResult& other) {
  latencies.insert(latencies.end(), other.latencies.begin(), other.latencies.end());
  std::sort(latencies.begin(), latencies.end());
  elapsed += other.elapsed;
  server_cpu += other.server_cpu;
  failed += other.failed;
}

LoadResult RunLoad(const StartCall& start, int callers, absl::Duration duration,
                   int64_t first_number) {
  return Run(start, callers, duration, first_number).Wait();
}

LoadResult RunBlockingLoad(const std::function<bool(int64_t number)>& call, int callers,
                           absl::Duration duration) {
  std::vector<Caller> records(static_cast<size_t>(callers));
  std::vector<std::thread> threads;
  threads.reserve(records.size());
  std::atomic<int64_t> next = 0;
  const absl::Time begin = absl::Now();
  for (Caller& record : records) {
    threads.emplace_back([&] {
      for (absl::Time now = begin; now < begin + duration;) {
        if (!call(next++)) ++record.failed;
        const absl::Time after = absl::Now();
        record.latencies.push_back(after - now);
        now = after;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return Collect(records, absl::Now() - begin);
}

}  // namespace mpd::ipam
