// How fast AllocateAddress is: `ipam_benchmark [LEASES] [FOLDER]` first makes so many leases (0),
// in a store in a new folder below FOLDER (the current one), then prints calls per second and
// latencies of durable AllocateAddress calls beside those of a method that only echoes, on a Unix
// socket each, and the time of a bare fdatasync on the same disk.
#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/sqlite_store.h"
#include "common/status.h"
#include "common/store_wait.h"
#include "ipam/ipam_service.h"

namespace mpd::ipam {
namespace {

constexpr int kCallsPerRun = 20'000;

class EchoService final : public v1::IpamService::CallbackService {
  grpc::ServerUnaryReactor* AllocateAddress(grpc::CallbackServerContext* context,
                                            const v1::AllocateAddressRequest* request,
                                            v1::Lease* response) override {
    response->set_owner(request->owner());
    response->set_pool(request->pool());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

std::unique_ptr<grpc::Server> Serve(const std::string& socket, grpc::Service* service) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  builder.RegisterService(service);
  return builder.BuildAndStart();
}

// `callers` calls under way at any time, until kCallsPerRun have been made.
class Load {
 public:
  Load(v1::IpamService::Stub* stub, std::string owner_prefix, int callers)
      : stub_(stub), owner_prefix_(std::move(owner_prefix)), running_(callers) {}

  void Run(const char* what, int callers) {
    const absl::Time start = absl::Now();
    for (int i = 0; i < callers; ++i) Next();
    done_.Wait();
    const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
    std::sort(latencies_.begin(), latencies_.end());
    std::printf("%-8s %3d callers %9.0f calls/s  p50 %7.0f us  p99 %7.0f us  %d failed\n", what,
                callers, kCallsPerRun / seconds, Micros(0.5), Micros(0.99), failed_.load());
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::AllocateAddressRequest request;
    v1::Lease response;
    absl::Time start;
  };

  double Micros(double quantile) const {
    return absl::ToDoubleMicroseconds(latencies_[static_cast<size_t>(quantile * kCallsPerRun)]);
  }

  void Next() {
    const int number = next_++;
    if (number >= kCallsPerRun) {
      if (--running_ == 0) done_.Set(true);
      return;
    }
    auto* call = new Call;
    call->request.set_owner(absl::StrCat(owner_prefix_, number));
    call->request.set_pool("databases");
    call->start = absl::Now();
    stub_->async()->AllocateAddress(&call->context, &call->request, &call->response,
                                    [this, call, number](grpc::Status status) {
                                      latencies_[number] = absl::Now() - call->start;
                                      if (!status.ok()) ++failed_;
                                      delete call;
                                      Next();
                                    });
  }

  v1::IpamService::Stub* const stub_;
  const std::string owner_prefix_;
  std::vector<absl::Duration> latencies_ = std::vector<absl::Duration>(kCallsPerRun);
  std::atomic<int> next_ = 0;
  std::atomic<int> running_;
  std::atomic<int> failed_ = 0;
  Answer<bool> done_;
};

void MeasureSync(const std::string& folder) {
  const int fd = open(absl::StrCat(folder, "/sync").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  std::vector<absl::Duration> times;
  const std::string block(4096, 'x');
  for (int i = 0; i < 500; ++i) {
    if (pwrite(fd, block.data(), block.size(), 0) < 0) break;
    const absl::Time start = absl::Now();
    fdatasync(fd);
    times.push_back(absl::Now() - start);
  }
  close(fd);
  std::sort(times.begin(), times.end());
  if (times.empty()) return;
  std::printf("fdatasync of 4 KiB: p50 %.0f us\n",
              absl::ToDoubleMicroseconds(times[times.size() / 2]));
}

int64_t ResidentKib() {
  long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return int64_t{pages} * sysconf(_SC_PAGESIZE) / 1024;
}

void Preload(LeaseBook* book, int leases) {
  constexpr int kAtOnce = 1000;
  const int64_t before = ResidentKib();
  const absl::Time start = absl::Now();
  for (int made = 0; made < leases; made += kAtOnce) {
    std::atomic<int> running = kAtOnce;
    Answer<bool> done;
    for (int i = made; i < made + kAtOnce; ++i) {
      book->Submit(MakeAllocation(
          {absl::StrCat("db/p", i), "databases", {}, {absl::StrCat("p", i, ".db")}, {}},
          [&](absl::StatusOr<Outcome>) {
            if (--running == 0) done.Set(true);
          }));
    }
    done.Wait();
  }
  if (leases == 0) return;
  std::printf("%d leases made in %.1f s; %.0f bytes of memory each\n", leases,
              absl::ToDoubleSeconds(absl::Now() - start),
              1024.0 * static_cast<double>(ResidentKib() - before) / leases);
}

absl::Status Run(int leases, const std::string& folder) {
  MeasureSync(folder);
  SqliteStoreOptions options;
  options.path = folder + "/ipam.db";
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, OpenSqliteStore(options));
  const SystemClock clock;
  Worker worker;
  const std::vector<PoolConfig> pools = {
      {"databases", Ipv4Address(0x0a100003), Ipv4Address(0x0a2ffffe), {}, false}};
  ASSIGN_OR_RETURN(const std::unique_ptr<LeaseBook> book,
                   LeaseBook::Open(store.get(), pools, absl::Minutes(1), &clock, &worker));
  Preload(book.get(), leases);

  WatchHub watches;
  IpamService service(book.get(), store.get(), &worker, &watches);
  EchoService echo;
  const std::string sockets[] = {folder + "/ipam.sock", folder + "/echo.sock"};
  const auto servers = {Serve(sockets[0], &service), Serve(sockets[1], &echo)};
  std::unique_ptr<v1::IpamService::Stub> stubs[2];
  for (int i = 0; i < 2; ++i) {
    stubs[i] = v1::IpamService::NewStub(
        grpc::CreateChannel("unix:" + sockets[i], grpc::InsecureChannelCredentials()));
  }
  for (int callers : {1, 16, 64}) {
    Load(stubs[1].get(), "db/e", callers).Run("echo", callers);
    Load(stubs[0].get(), absl::StrCat("db/c", callers, "-"), callers).Run("allocate", callers);
  }
  for (const auto& server : servers) server->Shutdown();
  watches.Drain(absl::UnavailableError("the benchmark ends"));
  return absl::OkStatus();
}

}  // namespace
}  // namespace mpd::ipam

int main(int argc, char** argv) {
  int leases = 0;
  if (argc > 3 || (argc > 1 && (!absl::SimpleAtoi(argv[1], &leases) || leases < 0))) {
    std::fprintf(stderr, "usage: ipam_benchmark [LEASES] [FOLDER]\n");
    return 2;
  }
  std::string folder = absl::StrCat(argc > 2 ? argv[2] : ".", "/ipam-benchmark-XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) {
    std::perror(folder.c_str());
    return 1;
  }
  const absl::Status status = mpd::ipam::Run(leases, folder);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
