// The calls that the load program makes to the running daemons.
#ifndef MPD_DNSD_CONTROLLER_LOAD_LEASE_CLIENT_H_
#define MPD_DNSD_CONTROLLER_LOAD_LEASE_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "mpd/dnsd/v1/dnsd.grpc.pb.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::dnsd {

// Each call blocks, for at most 10 s (WaitForRevision: 60 s). Thread-safe.
class LeaseClient {
 public:
  LeaseClient(const std::string& ipam_socket, const std::string& dnsd_socket);

  // Allocates a lease in the pool "runtimes" for the owner "runtime/LABEL", with the hostname
  // "LABEL.runtime".
  absl::StatusOr<ipam::v1::Lease> Allocate(const std::string& label);
  // Returns the revision of the release.
  absl::StatusOr<int64_t> Release(const std::string& label);
  // Of the store that ipam answered of last.
  absl::Status WaitForRevision(int64_t revision);
  absl::StatusOr<v1::Status> ResolverStatus();

 private:
  void Remember(const std::string& store_id);

  const std::unique_ptr<ipam::v1::IpamService::Stub> ipam_;
  const std::unique_ptr<v1::DnsdControllerService::Stub> dnsd_;
  Mutex mutex_;
  std::string store_id_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_LOAD_LEASE_CLIENT_H_
