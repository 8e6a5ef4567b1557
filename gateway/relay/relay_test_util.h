// A backend that does as the request says, and a gateway's relay before it, on real Unix sockets.
#ifndef MPD_GATEWAY_RELAY_RELAY_TEST_UTIL_H_
#define MPD_GATEWAY_RELAY_RELAY_TEST_UTIL_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>

#include "gateway/relay/relay.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::gateway {

// AllocateAddress echoes the owner; owner "bad" is ALREADY_EXISTS with an ErrorInfo; owner "hang"
// is answered when it is cancelled. WatchLeases sends start_revision messages of about 1 KiB, or,
// with the store_id "endless", until it is cancelled.
class FakeIpam : public mpd::ipam::v1::IpamService::CallbackService {
 public:
  grpc::ServerUnaryReactor* AllocateAddress(grpc::CallbackServerContext* context,
                                            const mpd::ipam::v1::AllocateAddressRequest* request,
                                            mpd::ipam::v1::Lease* lease) override;
  grpc::ServerWriteReactor<mpd::ipam::v1::WatchLeasesResponse>* WatchLeases(
      grpc::CallbackServerContext* context,
      const mpd::ipam::v1::WatchLeasesRequest* request) override;

  std::atomic<int> started{0};
  std::atomic<int> cancelled{0};
};

class RelaySetup {
 public:
  RelaySetup();
  ~RelaySetup();

  void StartBackend();
  // Kills the backend: open calls break.
  void StopBackend();
  // Straight to the relay, and past it to the backend.
  std::unique_ptr<mpd::ipam::v1::IpamService::Stub> Stub();
  std::shared_ptr<grpc::Channel> RelayChannel();

  FakeIpam fake;

 private:
  const std::string folder_;
  std::unique_ptr<grpc::Server> backend_;
  std::unique_ptr<grpc::CallbackGenericService> relay_;
  std::unique_ptr<grpc::Server> gateway_;
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_RELAY_TEST_UTIL_H_
