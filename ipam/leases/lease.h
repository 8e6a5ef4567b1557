// Leases, and the parameters of calls about them, as plain values that have been checked.
#ifndef MPD_IPAM_LEASES_LEASE_H_
#define MPD_IPAM_LEASES_LEASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/types/net_types.h"

namespace mpd::ipam {

struct Lease {
  std::string owner;
  std::string pool;
  Ipv4Address address;
  std::vector<std::string> hostnames;
  absl::Time create_time;
  int64_t revision = 0;  // of the last change
};

// The etag of a lease at this revision of this store. Each change of a lease gives it another one,
// and so does a recreated store.
std::string LeaseEtag(const std::string& store_id, int64_t revision);

// Identifies a call that may be repeated. A call whose id and fingerprint were seen before gets the
// reply of the first one that succeeded.
struct RequestKey {
  std::string id;           // empty: the call is not repeatable
  std::string fingerprint;  // a hash of the request without the id
};

// The parameters of the calls. Owners and hostnames are valid (common/types/names.h), and no
// hostname is listed twice.
struct AllocateParams {
  std::string owner;
  std::string pool;
  std::optional<Ipv4Address> address;
  std::vector<std::string> hostnames;
  RequestKey request;
};

struct UpdateParams {
  std::string owner;
  std::vector<std::string> hostnames;
  std::string etag;  // empty: the lease is changed whatever its etag
  RequestKey request;
};

struct ReleaseParams {
  std::string owner;
  RequestKey request;
};

// The result of a change.
struct Outcome {
  std::optional<Lease> lease;  // unset for a release
  // The revision of the change. 0, here and in the lease, until the change is durable.
  int64_t revision = 0;
};

// The numbers of addresses of one pool.
struct PoolUsage {
  std::string name;
  Ipv4Address first;
  Ipv4Address last;
  int64_t capacity = 0;
  int64_t used = 0;
  int64_t resting = 0;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_LEASE_H_
