#include "dnsd-controller/load/changes.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "dnsd-controller/load/asker.h"

namespace mpd::dnsd {
namespace {

constexpr int kCallersOfFill = 16;
constexpr int kTries = 100;
constexpr int64_t kPatienceNanos = 20'000'000'000;

class Times {
 public:
  void Add(int64_t nanos) { nanos_.push_back(nanos); }
  // Sorts the times, so it is to be called once, at the end.
  std::string Json() {
    std::sort(nanos_.begin(), nanos_.end());
    return absl::StrCat(R"({"p50":)", At(0.5), R"(,"p99":)", At(0.99), R"(,"max":)", At(1), "}");
  }

 private:
  double At(double quantile) const {
    if (nanos_.empty()) return 0;
    const auto last = static_cast<double>(nanos_.size() - 1);
    return static_cast<double>(nanos_[static_cast<size_t>(quantile * last + 0.5)]) / 1e6;
  }

  std::vector<int64_t> nanos_;
};

struct FillProgress {
  std::atomic<int> next{0};
  Mutex mutex;
  absl::Status failed ABSL_GUARDED_BY(mutex);
  int64_t revision ABSL_GUARDED_BY(mutex) = 0;
};

void FillSome(LeaseClient* client, int records, FillProgress* progress) {
  for (int i; (i = progress->next++) < records;) {
    const absl::StatusOr<ipam::v1::Lease> lease = client->Allocate(absl::StrCat("n", i));
    const MutexLock lock(&progress->mutex);
    if (!lease.ok()) {
      progress->failed = lease.status();
      return;
    }
    progress->revision = std::max(progress->revision, lease->revision());
  }
}

double MillisSince(int64_t begin) { return static_cast<double>(MonotonicNanos() - begin) / 1e6; }

// Nanoseconds from sending AllocateAddress.
struct Seen {
  int64_t returned = 0;
  int64_t answered = 0;
  int64_t published = 0;
};

absl::StatusOr<Seen> MeasureOne(LeaseClient* client, Asker* asker, const std::string& label,
                                const std::string& name) {
  absl::StatusOr<std::string> before = asker->Ask(name);
  for (int i = 0; i < kTries && !before.ok(); ++i) before = asker->Ask(name);
  RETURN_IF_ERROR(before.status());
  if (!before->empty()) return absl::FailedPreconditionError(name + " is there already");
  std::promise<void> asking;
  auto sighting = std::async(std::launch::async, [&] {
    asking.set_value();
    return asker->AwaitAddress(name, kPatienceNanos);
  });
  asking.get_future().wait();

  Seen seen;
  const int64_t sent = MonotonicNanos();
  const absl::StatusOr<ipam::v1::Lease> lease = client->Allocate(label);
  seen.returned = MonotonicNanos() - sent;
  const absl::Status waited =
      lease.ok() ? client->WaitForRevision(lease->revision()) : lease.status();
  seen.published = MonotonicNanos() - sent;
  const absl::StatusOr<Asker::Sighting> answer = sighting.get();
  RETURN_IF_ERROR(waited);
  RETURN_IF_ERROR(answer.status());
  if (answer->address != lease->address()) {
    return absl::InternalError(
        absl::StrCat(name, " was answered ", answer->address, ", not ", lease->address()));
  }
  seen.answered = answer->nanos - sent;
  return seen;
}

}  // namespace

absl::Status Fill(LeaseClient* client, int records) {
  const int64_t begin = MonotonicNanos();
  FillProgress progress;
  std::vector<std::thread> callers;
  callers.reserve(kCallersOfFill);
  for (int i = 0; i < kCallersOfFill; ++i) {
    callers.emplace_back([&] { FillSome(client, records, &progress); });
  }
  for (std::thread& caller : callers) caller.join();
  const double leased = MillisSince(begin);
  int64_t revision = 0;
  {
    const MutexLock lock(&progress.mutex);
    RETURN_IF_ERROR(progress.failed);
    revision = progress.revision;
  }
  RETURN_IF_ERROR(client->WaitForRevision(revision));
  const double published = MillisSince(begin);
  ASSIGN_OR_RETURN(const v1::Status status, client->ResolverStatus());
  std::printf(R"({"leased_ms":%.1f,"published_ms":%.1f,"records":%d})"
              "\n",
              leased, published, static_cast<int>(status.record_count()));
  return absl::OkStatus();
}

absl::Status MeasureChanges(LeaseClient* client, Ipv4Address resolver, const Zone& zone,
                            int changes) {
  Asker asker(resolver);
  Times returned;
  Times answered;
  Times published;
  for (int i = 0; i < changes; ++i) {
    const std::string label = absl::StrCat("c", i);
    const std::string name = absl::StrCat(label, ".runtime.", zone.value());
    ASSIGN_OR_RETURN(const Seen seen, MeasureOne(client, &asker, label, name));
    returned.Add(seen.returned);
    answered.Add(seen.answered);
    published.Add(seen.published);
    ASSIGN_OR_RETURN(const int64_t gone, client->Release(label));
    RETURN_IF_ERROR(client->WaitForRevision(gone));
  }
  std::printf(R"({"changes":%d,"returned":%s,"answered":%s,"published":%s})"
              "\n",
              changes, returned.Json().c_str(), answered.Json().c_str(), published.Json().c_str());
  return absl::OkStatus();
}

absl::Status Churn(LeaseClient* client, int rate, int seconds) {
  constexpr int kNames = 50;
  const auto interval = std::chrono::nanoseconds(1'000'000'000 / rate);
  auto next = std::chrono::steady_clock::now();
  const auto end = next + std::chrono::seconds(seconds);
  int changes = 0;
  // Fifty leases are made, then these fifty are released, and so on.
  for (; next < end; ++changes, next += interval) {
    std::this_thread::sleep_until(next);
    const std::string label = absl::StrCat("churn", changes % kNames);
    const bool comes = changes / kNames % 2 == 0;
    RETURN_IF_ERROR(comes ? client->Allocate(label).status() : client->Release(label).status());
  }
  for (int i = 0; i < kNames; ++i) {
    RETURN_IF_ERROR(client->Release(absl::StrCat("churn", i)).status());
  }
  std::printf(R"({"changes":%d})"
              "\n",
              changes);
  return absl::OkStatus();
}

absl::Status AwaitName(Ipv4Address resolver, const std::string& name) {
  Asker asker(resolver);
  const absl::StatusOr<std::string> before = asker.Ask(name);
  if (before.ok() && !before->empty()) {
    return absl::FailedPreconditionError(name + " is there already");
  }
  std::printf("asking\n");
  std::fflush(stdout);
  ASSIGN_OR_RETURN(const Asker::Sighting seen, asker.AwaitAddress(name, kPatienceNanos));
  std::printf(R"({"nanos":%lld,"asked":%lld,"lost":%lld})"
              "\n",
              static_cast<long long>(seen.nanos), static_cast<long long>(seen.asked),
              static_cast<long long>(seen.lost));
  return absl::OkStatus();
}

}  // namespace mpd::dnsd
