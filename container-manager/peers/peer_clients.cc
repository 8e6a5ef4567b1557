#include "container-manager/peers/peer_clients.h"

#include <utility>

#include "common/base/status.h"
#include "common/rpc/grpc_client.h"
#include "common/watch/watch_client.h"
#include "mpd/dnsd/v1/dnsd.grpc.pb.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::containers {
namespace {

// Long enough for a peer to be restarted, short enough not to hold up a pass that can do without.
constexpr absl::Duration kCallTimeout = absl::Seconds(3);

class LeaseClient : public LeaseInterface {
 public:
  explicit LeaseClient(const std::string& socket)
      : stub_(ipam::v1::IpamService::NewStub(MakeLocalChannel(socket))) {}

  Awaitable<absl::StatusOr<LeaseInfo>> Allocate(LeaseRequest request) override {
    ipam::v1::AllocateAddressRequest ask;
    ask.set_owner(request.owner);
    ask.set_pool(request.pool);
    ask.set_address(request.address);
    ask.mutable_hostnames()->Assign(request.hostnames.begin(), request.hostnames.end());
    auto* const async = stub_->async();
    const auto lease = co_await CallUnary<ipam::v1::Lease>(
        async, &ipam::v1::IpamService::Stub::async::AllocateAddress, ask, kCallTimeout);
    CO_RETURN_IF_ERROR(Away(lease.status()));
    LeaseInfo info;
    info.address = lease->address();
    info.hostnames.assign(lease->hostnames().begin(), lease->hostnames().end());
    info.revision = lease->revision();
    info.store_id = lease->store_id();
    co_return info;
  }

  Awaitable<absl::Status> Release(std::string owner) override {
    ipam::v1::ReleaseLeaseRequest ask;
    ask.set_owner(owner);
    auto* const async = stub_->async();
    const auto released = co_await CallUnary<ipam::v1::ReleaseLeaseResponse>(
        async, &ipam::v1::IpamService::Stub::async::ReleaseLease, ask, kCallTimeout);
    co_return Away(released.status());
  }

 private:
  // To the caller, a peer that did not answer in time is one that does not answer.
  static absl::Status Away(const absl::Status& status) {
    if (!absl::IsDeadlineExceeded(status)) return status;
    return MakeError(absl::StatusCode::kUnavailable,
                     "mpd-ipam does not answer; see that it is active", "IPAM_UNAVAILABLE");
  }

  const std::unique_ptr<ipam::v1::IpamService::Stub> stub_;
};

ResolverStatus FromMessage(const dnsd::v1::Status& status) {
  ResolverStatus seen;
  seen.rendered_revision = status.rendered_revision();
  seen.published_revision = status.published_revision();
  seen.store_id = status.store_id();
  seen.answers = status.resolver_state() == dnsd::v1::RESOLVER_STATE_CATCHING_UP ||
                 status.resolver_state() == dnsd::v1::RESOLVER_STATE_DEGRADED ||
                 status.resolver_state() == dnsd::v1::RESOLVER_STATE_SERVING;
  seen.config_digest = status.static_config_digest();
  seen.reload_request = status.reload_request();
  seen.restart_request = status.restart_request();
  return seen;
}

class ResolverClient : public ResolverInterface {
 public:
  ResolverClient(boost::asio::io_context* loop, const std::string& socket)
      : loop_(loop),
        channel_(MakeLocalChannel(socket)),
        stub_(dnsd::v1::DnsdControllerService::NewStub(channel_)) {}

  void Follow(std::function<void()> on_change) override {
    StatusWatch::Callbacks callbacks;
    callbacks.on_message = [this, on_change](const dnsd::v1::WatchStatusResponse& message) {
      status_ = FromMessage(message.status());
      on_change();
    };
    callbacks.on_connection = [this, on_change](const absl::Status& connected) {
      if (connected.ok()) return;
      status_ = Unknown();
      on_change();
    };
    watch_ = std::make_unique<StatusWatch>(
        loop_, channel_, "/mpd.dnsd.v1.DnsdControllerService/WatchStatus", std::move(callbacks));
    watch_->Start();
  }

  absl::StatusOr<ResolverStatus> Status() override { return status_; }

  Awaitable<absl::Status> WaitForRevision(int64_t revision, std::string store_id,
                                          absl::Duration timeout) override {
    dnsd::v1::WaitForRevisionRequest ask;
    ask.set_revision(revision);
    ask.set_store_id(store_id);
    ask.set_after_new_answer(true);
    auto* const async = stub_->async();
    const auto waited = co_await CallUnary<dnsd::v1::WaitForRevisionResponse>(
        async, &dnsd::v1::DnsdControllerService::Stub::async::WaitForRevision, ask, timeout);
    co_return waited.status();
  }

 private:
  using StatusWatch = WatchClient<dnsd::v1::WatchStatusRequest, dnsd::v1::WatchStatusResponse>;

  static absl::Status Unknown() {
    return MakeError(absl::StatusCode::kUnavailable,
                     "mpd-dnsd-controller does not answer; see that it is active",
                     "DNSD_UNAVAILABLE");
  }

  boost::asio::io_context* const loop_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<dnsd::v1::DnsdControllerService::Stub> stub_;
  absl::StatusOr<ResolverStatus> status_ = Unknown();
  std::unique_ptr<StatusWatch> watch_;
};

}  // namespace

std::unique_ptr<LeaseInterface> MakeLeaseClient(const std::string& ipam_socket) {
  return std::make_unique<LeaseClient>(ipam_socket);
}

std::unique_ptr<ResolverInterface> MakeResolverClient(boost::asio::io_context* loop,
                                                      const std::string& dnsd_socket) {
  return std::make_unique<ResolverClient>(loop, dnsd_socket);
}

}  // namespace mpd::containers
