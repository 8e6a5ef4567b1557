// The servers that are compared, each a process of its own on a Unix socket, called by the same
// client code.
#ifndef MPD_IPAM_LOAD_SERVERS_H_
#define MPD_IPAM_LOAD_SERVERS_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ipam/load/child_process.h"
#include "ipam/load/load.h"

namespace mpd::ipam {

struct Programs {
  std::string self;  // this program, which also serves the echo
  std::string ipam;
  std::string etcd;
};

// A process and a channel to it.
struct RunningServer {
  std::unique_ptr<ChildProcess> process;
  std::string socket;
  std::shared_ptr<grpc::Channel> channel;
};

// Each uses and makes `folder` below the one it is given, which must be a short absolute path.
// Answers when its socket accepts connections.
absl::StatusOr<RunningServer> StartEcho(const Programs& programs, const std::string& folder);
// mpd-ipam as users run it, with one pool, "databases", of the whole of a /12.
absl::StatusOr<RunningServer> StartIpam(const Programs& programs, const std::string& folder);
// One member, its data on the same disk, its own sync on.
absl::StatusOr<RunningServer> StartEtcd(const Programs& programs, const std::string& folder);

// The body of the echo's process: serves AllocateAddress with the fields of the request until it is
// ended.
int ServeEcho(const std::string& socket);

// AllocateAddress of a new owner per call. The channel is kept.
StartCall AllocateCall(std::shared_ptr<grpc::Channel> channel, bool with_request_id = false);
// Put of a new key per call, key and value as long as those of a lease in our store.
StartCall PutCall(std::shared_ptr<grpc::Channel> channel);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_SERVERS_H_
