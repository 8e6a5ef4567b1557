#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "common/testing/stalling_channel.h"
#include "ipam/load/channel.h"
#include "ipam/load/measurements.h"
#include "ipam/load/report.h"
#include "ipam/load/watch_streams.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::ipam {
namespace {

constexpr int kChanges = 20;
constexpr absl::Duration kSeenTimeout = absl::Minutes(1);
constexpr int kLargeChanges = 30;
constexpr int kHostnames = 100;
// Longer than the server waits for a reader that does not read.
constexpr absl::Duration kStall = absl::Seconds(30);

class Changer {
 public:
  explicit Changer(const RunningServer& server) : stub_(v1::IpamService::NewStub(server.channel)) {}

  absl::StatusOr<int64_t> Allocate() {
    grpc::ClientContext context;
    v1::AllocateAddressRequest request;
    request.set_owner(absl::StrCat("db/change-", next_++));
    request.set_pool("databases");
    v1::Lease lease;
    const grpc::Status status = stub_->AllocateAddress(&context, request, &lease);
    if (!status.ok()) return FromGrpcStatus(status);
    return lease.revision();
  }
  // Makes a change that takes about 18 KiB in each stream.
  absl::StatusOr<int64_t> ChangeManyNames() {
    grpc::ClientContext context;
    v1::UpdateLeaseRequest request;
    request.mutable_lease()->set_owner("db/change-0");
    const std::string label(55, 'x');
    for (int i = 0; i < kHostnames; ++i) {
      request.mutable_lease()->add_hostnames(
          absl::StrCat("n", next_, "-", i, ".", label, ".", label, ".", label, ".db"));
    }
    ++next_;
    v1::Lease lease;
    const grpc::Status status = stub_->UpdateLease(&context, request, &lease);
    if (!status.ok()) return FromGrpcStatus(status);
    return lease.revision();
  }

 private:
  const std::unique_ptr<v1::IpamService::Stub> stub_;
  int64_t next_ = 0;
};

double Mib(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

absl::Status TimeChanges(Changer& changer, const WatchStreams& streams, int watchers) {
  std::vector<absl::Duration> medians;
  std::vector<absl::Duration> last;
  for (int i = 0; i < kChanges; ++i) {
    const absl::Time begin = absl::Now();
    ASSIGN_OR_RETURN(const int64_t revision, changer.Allocate());
    ASSIGN_OR_RETURN(const std::vector<absl::Time> times, streams.WaitFor(revision, kSeenTimeout));
    medians.push_back(times[times.size() / 2] - begin);
    last.push_back(times.back() - begin);
  }
  std::sort(medians.begin(), medians.end());
  std::sort(last.begin(), last.end());
  std::printf("%d changes, each seen by all of %d streams, from the call on:\n", kChanges,
              watchers);
  std::printf("  by half of them after %.1f ms, by all after %.1f ms (medians); at worst %.1f ms\n",
              absl::ToDoubleMilliseconds(medians[kChanges / 2]),
              absl::ToDoubleMilliseconds(last[kChanges / 2]),
              absl::ToDoubleMilliseconds(last.back()));
  return absl::OkStatus();
}

// A stream that is read until it is synced, and then no more.
class StalledStream {
 public:
  explicit StalledStream(const std::string& socket)
      : stub_(v1::IpamService::NewStub(ConnectWithSmallWindow(socket))),
        reader_(stub_->WatchLeases(&context_, {})) {
    v1::WatchLeasesResponse message;
    while (!message.synced() && reader_->Read(&message)) continue;
  }
  // Reads the rest of the stream, and returns the status with which the server ended it.
  absl::Status ReadToTheEnd() {
    v1::WatchLeasesResponse message;
    while (reader_->Read(&message)) continue;
    return FromGrpcStatus(reader_->Finish());
  }

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<v1::IpamService::Stub> stub_;
  const std::unique_ptr<grpc::ClientReader<v1::WatchLeasesResponse>> reader_;
};

absl::Status StallOne(Changer& changer, const RunningServer& server, const WatchStreams& streams) {
  StalledStream stalled(server.socket);
  const int64_t before = server.process->PssBytes();
  const absl::Time begin = absl::Now();
  int64_t revision = 0;
  int64_t most = before;
  for (int i = 0; i < kLargeChanges; ++i) {
    ASSIGN_OR_RETURN(revision, changer.ChangeManyNames());
    most = std::max(most, server.process->PssBytes());
  }
  RETURN_IF_ERROR(streams.WaitFor(revision, kSeenTimeout).status());
  std::printf("%d changes of 18 KiB, one more stream stalled: seen by the others in %.1f s\n",
              kLargeChanges, absl::ToDoubleSeconds(absl::Now() - begin));
  absl::SleepFor(kStall);
  std::printf("  server's PSS before %.1f MiB, at most %.1f MiB, %.0f s later %.1f MiB\n",
              Mib(before), Mib(most), absl::ToDoubleSeconds(kStall),
              Mib(server.process->PssBytes()));
  const absl::Status told = stalled.ReadToTheEnd();
  std::printf("  the stalled one is told: %s\n", told.ToString().c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureWatchers(const LoadOptions& options, int watchers) {
  ASSIGN_OR_RETURN(const RunningServer server,
                   StartIpam(options.programs, options.folder + "/watched"));
  Changer changer(server);
  RETURN_IF_ERROR(changer.Allocate().status());
  const int64_t before = server.process->PssBytes();
  ASSIGN_OR_RETURN(const std::unique_ptr<WatchStreams> streams,
                   WatchStreams::Open(server.socket, watchers));
  const int64_t after = server.process->PssBytes();
  std::printf("%d streams: PSS %.1f MiB, %.1f KiB per stream\n", watchers, Mib(after),
              static_cast<double>(after - before) / 1024 / watchers);
  RETURN_IF_ERROR(TimeChanges(changer, *streams, watchers));
  return StallOne(changer, server, *streams);
}

}  // namespace mpd::ipam
