// A client's connection for tests of readers that do not read.
#ifndef MPD_COMMON_TESTING_STALLING_CHANNEL_H_
#define MPD_COMMON_TESTING_STALLING_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

namespace mpd {

// A channel to a Unix socket that shares its connection with no other channel, and takes about a
// kilobyte of a stream that nobody reads: what is larger stays with the server.
inline std::shared_ptr<grpc::Channel> ConnectWithSmallWindow(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1'024);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace mpd

#endif  // MPD_COMMON_TESTING_STALLING_CHANNEL_H_
