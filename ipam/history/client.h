// A client that changes leases while the server is killed again and again.
#ifndef MPD_IPAM_HISTORY_CLIENT_H_
#define MPD_IPAM_HISTORY_CLIENT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ipam/history/history.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::ipam {

// Allocates, updates, releases and reads leases, of owners that only this client uses and of owners
// that all clients share, with hostnames that other clients want too. Repeats each call with the
// same request_id until it gets a reply, and repeats some of those that had one. Not thread-safe.
class HistoryClient {
 public:
  HistoryClient(int number, uint32_t seed, const std::string& address);

  // Makes calls until `stop` is set. The last one is repeated for `grace` at most.
  void Run(const std::atomic<bool>& stop, absl::Duration grace);

  const std::vector<SeenCall>& calls() const { return calls_; }
  // The number of calls whose first attempt got no reply.
  int64_t retried() const { return retried_; }

 private:
  SeenCall NextCall();
  std::vector<std::string> NextHostnames(const SeenCall& call);
  // Returns false when there was no reply, so that the call may have been carried out or not.
  bool Attempt(SeenCall* call);
  // Makes the call once and records the reply in it.
  grpc::Status Send(grpc::ClientContext* context, SeenCall* call);
  grpc::Status Allocate(grpc::ClientContext* context, SeenCall* call);
  grpc::Status Update(grpc::ClientContext* context, SeenCall* call);
  grpc::Status Release(grpc::ClientContext* context, SeenCall* call);
  grpc::Status Read(grpc::ClientContext* context, SeenCall* call);
  int Random(int count);

  const int number_;
  const std::unique_ptr<v1::IpamService::Stub> stub_;
  std::mt19937 random_;
  int64_t next_request_ = 0;
  std::vector<SeenCall> calls_;
  std::vector<SeenCall> repeatable_;  // the last few that succeeded
  int64_t retried_ = 0;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_HISTORY_CLIENT_H_
