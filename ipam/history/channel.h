// How the clients connect to a server that is down half of the time, and record what they see.
#ifndef MPD_IPAM_HISTORY_CHANNEL_H_
#define MPD_IPAM_HISTORY_CHANNEL_H_

#include <grpcpp/create_channel.h>

#include <memory>
#include <string>

#include "ipam/history/history.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::ipam {

// A stub with a connection of its own, which reconnects within milliseconds.
inline std::unique_ptr<v1::IpamService::Stub> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 5);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 20);
  arguments.SetMaxReceiveMessageSize(-1);
  return v1::IpamService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

inline SeenLease Seen(const v1::Lease& lease) {
  return {lease.owner(),
          lease.address(),
          {lease.hostnames().begin(), lease.hostnames().end()},
          lease.revision(),
          lease.etag()};
}

inline SeenMessage Seen(const v1::WatchLeasesResponse& message) {
  SeenMessage seen = {message.store_id(), message.revision(), message.synced(), {}};
  for (const v1::LeaseEvent& event : message.events()) {
    seen.changes.push_back({event.type() == v1::LeaseEvent::TYPE_PUT, Seen(event.lease())});
  }
  return seen;
}

}  // namespace mpd::ipam

#endif  // MPD_IPAM_HISTORY_CHANNEL_H_
