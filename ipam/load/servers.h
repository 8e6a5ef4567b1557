// The servers that are compared. Each is a process of its own on a Unix socket, and the same client
// code calls all of them.
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

// Each creates `folder`, which must be a short absolute path, runs in it, and returns once the
// socket accepts connections.
absl::StatusOr<RunningServer> StartEcho(const Programs& programs, const std::string& folder);
// mpd-ipam as users run it, with a pool "databases" of nearly all of a /12.
absl::StatusOr<RunningServer> StartIpam(const Programs& programs, const std::string& folder);
// One member of etcd, with its data on the same disk and its syncs enabled.
absl::StatusOr<RunningServer> StartEtcd(const Programs& programs, const std::string& folder);

// The main function of the echo's process. Answers AllocateAddress with the fields of the request,
// until the process is ended.
int ServeEcho(const std::string& socket);

// Each call is an AllocateAddress of a new owner.
StartCall AllocateCall(std::shared_ptr<grpc::Channel> channel, bool with_request_id = false);
// Each call is a Put of a new key, with key and value as long as those of a lease in our store.
StartCall PutCall(std::shared_ptr<grpc::Channel> channel);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_SERVERS_H_
