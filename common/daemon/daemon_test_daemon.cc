// The daemon that daemon_test starts: it watches an empty source, holds GetLease calls until they
// are cancelled (those of owner "forever" even then), and answers ListPools from the loop, with the
// number of calls that it holds for a revision. MPD_TEST_GRPC_VERSION in its environment is the
// version that it takes its gRPC for.
#include "common/daemon/daemon.h"

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "absl/cleanup/cleanup.h"
#include "common/base/status.h"
#include "common/rpc/grpc_1_51/workarounds.h"
#include "common/watch/watch_reactor.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using ipam::v1::IpamService;

class SilentSource : public WatchSource<ipam::v1::WatchLeasesResponse> {
 public:
  absl::StatusOr<bool> Next(ipam::v1::WatchLeasesResponse* message) override {
    if (begun_) return false;
    begun_ = true;
    message->set_synced(true);
    return true;
  }
  void Progress(ipam::v1::WatchLeasesResponse*) override {}

 private:
  bool begun_ = false;
};

class HeldCall : public grpc::ServerUnaryReactor {
 public:
  HeldCall(bool forever, std::atomic<int>* held) : forever_(forever) { ++*held; }
  void OnCancel() override {
    if (!forever_) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  const bool forever_;
};

class Service : public IpamService::CallbackService {
 public:
  explicit Service(Daemon* daemon) : daemon_(daemon) {}

  grpc::ServerWriteReactor<ipam::v1::WatchLeasesResponse>* WatchLeases(
      grpc::CallbackServerContext*, const ipam::v1::WatchLeasesRequest*) override {
    return daemon_->watches().Start<ipam::v1::WatchLeasesResponse>(
        std::make_unique<SilentSource>());
  }
  grpc::ServerUnaryReactor* GetLease(grpc::CallbackServerContext*,
                                     const ipam::v1::GetLeaseRequest* request,
                                     ipam::v1::Lease*) override {
    return new HeldCall(request->owner() == "forever", &held_);
  }
  grpc::ServerUnaryReactor* ListPools(grpc::CallbackServerContext* context,
                                      const ipam::v1::ListPoolsRequest*,
                                      ipam::v1::ListPoolsResponse* response) override {
    response->set_revision(held_);
    auto* reactor = context->DefaultReactor();
    boost::asio::post(daemon_->loop(), [reactor] { reactor->Finish(grpc::Status::OK); });
    return reactor;
  }
  grpc::ServerUnaryReactor* ReleaseLease(grpc::CallbackServerContext* context,
                                         const ipam::v1::ReleaseLeaseRequest*,
                                         ipam::v1::ReleaseLeaseResponse*) override {
    daemon_->SetServing(false);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  Daemon* const daemon_;
  std::atomic<int> held_ = 0;
};

// Tells of its end, which must come while the component still lives.
boost::asio::awaitable<void> WaitForever(const bool* component_lives) {
  const absl::Cleanup tell = [component_lives] {
    std::puts(*component_lives ? "coroutine ended in time" : "coroutine outlived the component");
  };
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                  std::chrono::steady_clock::time_point::max());
  co_await timer.async_wait(boost::asio::use_awaitable);
}

absl::Status Run(Daemon& daemon) {
  bool lives = true;
  const absl::Cleanup end = [&lives] { lives = false; };
  RETURN_IF_ERROR(daemon.StateFolder().status());
  Service service(&daemon);
  daemon.AddService(&service);
  daemon.OnDrain([] { std::puts("drain 1"); });
  daemon.OnDrain([] { std::puts("drain 2"); });
  boost::asio::co_spawn(daemon.loop(), WaitForever(&lives), boost::asio::detached);
  return daemon.Serve();
}

}  // namespace
}  // namespace mpd

int main(int argc, char** argv) {
  if (const char* version = std::getenv("MPD_TEST_GRPC_VERSION")) {
    mpd::GrpcWorkaroundsApply(version);
  }
  return mpd::RunDaemon(argc, argv, "ipam", mpd::Run);
}
