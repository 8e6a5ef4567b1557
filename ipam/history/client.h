// One of the clients that change leases while their server is killed.
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

// Allocates, updates, releases and reads leases of owners of its own and of owners that it shares
// with all clients, under names that others want too. Repeats each call, with its request_id, until
// it is answered; repeats some that were. For one thread.
class HistoryClient {
 public:
  HistoryClient(int number, uint32_t seed, const std::string& address);

  // Until `stop`; then the last call is still answered, or given up after `grace`.
  void Run(const std::atomic<bool>& stop, absl::Duration grace);

  const std::vector<SeenCall>& calls() const { return calls_; }
  // Calls whose first attempt got no answer.
  int64_t retried() const { return retried_; }

 private:
  SeenCall NextCall();
  std::vector<std::string> NextHostnames(const SeenCall& call);
  // False: no answer, it may or may not have happened.
  bool Attempt(SeenCall* call);
  grpc::Status Send(grpc::ClientContext* context, SeenCall* call);
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
