// How the load program connects to the servers.
#ifndef MPD_IPAM_LOAD_CHANNEL_H_
#define MPD_IPAM_LOAD_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace mpd::ipam {

// A channel to a Unix socket that shares its connection with no other channel.
std::shared_ptr<grpc::Channel> ConnectTo(const std::string& socket);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_CHANNEL_H_
