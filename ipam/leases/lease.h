// Leases and what is asked of them, as plain checked values.
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
  // Of the last change.
  int64_t revision = 0;
};

// A lease's etag: different for every change, in every store.
std::string LeaseEtag(const std::string& store_id, int64_t revision);

// Makes a call repeatable: the same id with the same fingerprint is answered from the first
// success.
struct RequestKey {
  std::string id;  // empty: not repeatable
  std::string fingerprint;
};

// Owners and hostnames in requests have been checked (common/names.h); no hostname stands twice.
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
  std::string etag;  // empty: any
  RequestKey request;
};

struct ReleaseParams {
  std::string owner;
  RequestKey request;
};

// What a change is answered with.
struct Outcome {
  std::optional<Lease> lease;  // none: a release
  // 0 until the change is durable, in the lease too.
  int64_t revision = 0;
};

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
