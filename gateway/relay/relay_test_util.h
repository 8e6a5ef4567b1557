// A fake backend and a relay in front of it, on real Unix sockets.
#ifndef MPD_GATEWAY_RELAY_RELAY_TEST_UTIL_H_
#define MPD_GATEWAY_RELAY_RELAY_TEST_UTIL_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>

#include "gateway/relay/relay.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::gateway {

// The request decides what happens. AllocateAddress echoes the owner; for the owner "bad" it fails
// with ALREADY_EXISTS and an ErrorInfo; for "hang" it ends when it is cancelled. WatchLeases sends
// start_revision messages of about 1 KiB, or endlessly when store_id is "endless".
class EchoIpam : public mpd::ipam::v1::IpamService::CallbackService {
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

// A gateway with the relay only.
class RelaySetup {
 public:
  explicit RelaySetup(Caller caller = Caller::kLocal);
  ~RelaySetup();

  void StartBackend();
  // Shuts the backend down without waiting, so that open calls break.
  void StopBackend();
  // A stub and a channel to the relay.
  std::unique_ptr<mpd::ipam::v1::IpamService::Stub> Stub();
  std::shared_ptr<grpc::Channel> RelayChannel();

  EchoIpam fake;

 private:
  const std::string folder_;
  std::unique_ptr<grpc::Server> backend_;
  std::unique_ptr<grpc::CallbackGenericService> relay_;
  std::unique_ptr<grpc::Server> gateway_;
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_RELAY_TEST_UTIL_H_
