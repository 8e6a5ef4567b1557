// The components that this one depends on, as far as it does.
#ifndef MPD_CONTAINER_MANAGER_PEERS_PEERS_H_
#define MPD_CONTAINER_MANAGER_PEERS_PEERS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"

namespace mpd::containers {

struct LeaseRequest {
  std::string owner;
  std::string pool;
  std::string address;  // the one it had; empty where it had none
  std::vector<std::string> hostnames;
};

struct LeaseInfo {
  std::string address;
  std::vector<std::string> hostnames;
  int64_t revision = 0;
  // Which of ipam's stores the revision counts in. Revisions of two stores say nothing of each
  // other.
  std::string store_id;
};

// mpd-ipam. On the loop's thread only, as the others. Errors: ipam's own; UNAVAILABLE where it
// does not answer.
class LeaseInterface {
 public:
  virtual ~LeaseInterface() = default;
  virtual Awaitable<absl::StatusOr<LeaseInfo>> Allocate(LeaseRequest request) = 0;
  virtual Awaitable<absl::Status> Release(std::string owner) = 0;
};

struct ResolverStatus {
  // Lease revisions: on the disk, and answered by the running resolver.
  int64_t rendered_revision = 0;
  int64_t published_revision = 0;
  // Which of ipam's stores these revisions count in; empty until leases have been rendered.
  std::string store_id;
  // The resolver has been seen to answer.
  bool answers = false;
  // Of what the resolver reads only when it starts; empty until that is rendered.
  std::string config_digest;
  // Counters, raised when the resolver must be told to reload, or be restarted.
  int64_t reload_request = 0;
  int64_t restart_request = 0;

  bool operator==(const ResolverStatus&) const = default;
};

// mpd-dnsd-controller.
class ResolverInterface {
 public:
  virtual ~ResolverInterface() = default;
  // Begins to follow its status, once; `on_change` is called after each change of Status().
  virtual void Follow(std::function<void()> on_change) = 0;
  // As last told; UNAVAILABLE (DNSD_UNAVAILABLE) while it is away, or not heard of yet.
  virtual absl::StatusOr<ResolverStatus> Status() = 0;
  // OK once the running resolver has answered a question asked from now on, and answers as of this
  // lease revision of this store of ipam's.
  virtual Awaitable<absl::Status> WaitForRevision(int64_t revision, std::string store_id,
                                                  absl::Duration timeout) = 0;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_PEERS_PEERS_H_
