#include <atomic>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/one_shot.h"
#include "common/base/status.h"
#include "ipam/load/measurements.h"
#include "ipam/load/report.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::ipam {
namespace {

constexpr int64_t kFewLeases = 100;
constexpr int kPreloadCallers = 64;
// Higher than the numbers of the leases that stay.
constexpr int64_t kFirstProbe = 10'000'000;

// Allocates the leases 0 to count-1.
absl::Status Preload(const RunningServer& server, int64_t count) {
  const StartCall call = AllocateCall(server.channel);
  std::atomic<int64_t> next = 0;
  std::atomic<int64_t> failed = 0;
  std::atomic<int> running = kPreloadCallers;
  OneShot<bool> done;
  std::function<void()> one = [&] {
    const int64_t number = next++;
    if (number >= count) {
      if (--running == 0) done.Set(true);
      return;
    }
    call(number, [&](bool ok) {
      if (!ok) ++failed;
      one();
    });
  };
  for (int i = 0; i < kPreloadCallers; ++i) one();
  done.Wait();
  if (failed == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(failed.load(), " leases could not be made"));
}

// Allocates and releases in turn, so that the number of leases stays the same, and measures the
// allocations.
class Prober {
 public:
  explicit Prober(const RunningServer& server) : stub_(v1::IpamService::NewStub(server.channel)) {}

  LoadResult Run(absl::Duration duration) {
    LoadResult result;
    const absl::Time begin = absl::Now();
    for (absl::Time now = begin; now < begin + duration; now = absl::Now()) {
      const std::string owner = absl::StrCat("db/probe-", next_++);
      const bool allocated = Allocate(owner);
      const absl::Duration latency = absl::Now() - now;
      if (!allocated || !Release(owner)) ++result.failed;
      result.latencies.push_back(latency);
      result.elapsed += latency;
    }
    std::sort(result.latencies.begin(), result.latencies.end());
    return result;
  }

 private:
  bool Allocate(const std::string& owner) {
    grpc::ClientContext context;
    v1::AllocateAddressRequest request;
    v1::Lease lease;
    request.set_owner(owner);
    request.set_pool("databases");
    return stub_->AllocateAddress(&context, request, &lease).ok();
  }
  bool Release(const std::string& owner) {
    grpc::ClientContext context;
    v1::ReleaseLeaseRequest request;
    v1::ReleaseLeaseResponse response;
    request.set_owner(owner);
    return stub_->ReleaseLease(&context, request, &response).ok();
  }

  const std::unique_ptr<v1::IpamService::Stub> stub_;
  int64_t next_ = kFirstProbe;
};

absl::Status CompareLatencies(const LoadOptions& options, const RunningServer& few,
                              const RunningServer& many, int64_t leases) {
  Prober probes[] = {Prober(few), Prober(many)};
  LoadResult results[2];
  for (Prober& probe : probes) probe.Run(options.duration / 4);
  for (int round = 0; round < options.rounds; ++round) {
    for (int i = 0; i < 2; ++i) results[i].Merge(probes[i].Run(options.duration));
  }
  PrintLoadHeader();
  PrintLoad(absl::StrCat("with ", kFewLeases, " leases"), 1, results[0]);
  PrintLoad(absl::StrCat("with ", leases, " leases"), 1, results[1]);
  PrintLimit("p50 with many leases / p50 with few",
             absl::FDivDuration(results[1].Quantile(0.5), results[0].Quantile(0.5)), Limit::kAtMost,
             1.3);
  return absl::OkStatus();
}

// Measures the time from the start of the process to its first reply.
absl::StatusOr<absl::Duration> Restart(const LoadOptions& options, const std::string& folder,
                                       RunningServer& server) {
  server = RunningServer();
  const absl::Time begin = absl::Now();
  ASSIGN_OR_RETURN(server, StartIpam(options.programs, folder));
  grpc::ClientContext context;
  v1::ListPoolsResponse response;
  const auto stub = v1::IpamService::NewStub(server.channel);
  const grpc::Status status = stub->ListPools(&context, {}, &response);
  if (!status.ok()) return absl::UnavailableError(status.error_message());
  return absl::Now() - begin;
}

void PrintMemory(const char* when, const RunningServer& server, int64_t empty, int64_t leases) {
  const int64_t bytes = server.process->PssBytes();
  std::printf("%s: PSS %.1f MiB\n", when, static_cast<double>(bytes) / (1 << 20));
  PrintLimit("  bytes of it per lease",
             static_cast<double>(bytes - empty) / static_cast<double>(leases), Limit::kAtMost,
             1024);
}

}  // namespace

absl::Status MeasureScale(const LoadOptions& options, int64_t leases) {
  const std::string folders[] = {options.folder + "/few", options.folder + "/many"};
  ASSIGN_OR_RETURN(RunningServer few, StartIpam(options.programs, folders[0]));
  const int64_t empty = few.process->PssBytes();
  std::printf("empty, with a pool of 1,048,571 addresses: PSS %.1f MiB\n",
              static_cast<double>(empty) / (1 << 20));
  RETURN_IF_ERROR(Preload(few, kFewLeases));

  ASSIGN_OR_RETURN(RunningServer many, StartIpam(options.programs, folders[1]));
  const absl::Time begin = absl::Now();
  RETURN_IF_ERROR(Preload(many, leases));
  std::printf("%d leases made in %.1f s\n", static_cast<int>(leases),
              absl::ToDoubleSeconds(absl::Now() - begin));
  PrintMemory("just made", many, empty, leases);

  for (const char* how : {"first", "second", "third"}) {
    ASSIGN_OR_RETURN(const absl::Duration start, Restart(options, folders[1], many));
    PrintLimit(absl::StrCat("start, ", how, " time, to the first answer"),
               absl::ToDoubleSeconds(start), Limit::kAtMost, 0.5, " s");
  }
  PrintMemory("after the restart", many, empty, leases);
  return CompareLatencies(options, few, many, leases);
}

}  // namespace mpd::ipam
