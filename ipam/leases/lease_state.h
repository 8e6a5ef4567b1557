// The whole state of mpd-ipam in memory: the leases, the pools, and the revision at which they are
// true.
#ifndef MPD_IPAM_LEASES_LEASE_STATE_H_
#define MPD_IPAM_LEASES_LEASE_STATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/config/config.h"
#include "common/store/store.h"
#include "ipam/leases/clock.h"
#include "ipam/leases/lease.h"
#include "ipam/leases/lease_index.h"
#include "ipam/leases/pool.h"

namespace mpd::ipam {

// Not thread-safe.
struct LeaseState {
  LeaseIndex index;
  std::vector<Pool> pools;  // in the configuration's order
  absl::Duration cooldown;
  std::string store_id;
  int64_t revision = 0;

  Lease ToLease(const LeaseEntry& entry) const;
  // The index of the pool in `pools`, or -1 when there is no such pool.
  int FindPool(const std::string& name) const;
};

// Why the lease is not allowed by the pools of this state; empty when it is allowed.
std::string Contradiction(const LeaseState& state, const Lease& lease);

// Reads the state from the store; blocks. Errors: FAILED_PRECONDITION (CONFIG_CONTRADICTS_LEASES: a
// lease is outside its pool, of a pool that does not exist any more, or at an address that is fixed
// for another owner), DATA_LOSS (DAMAGED_RECORD), and those of the store.
absl::StatusOr<LeaseState> LoadLeaseState(Store* store, const std::vector<PoolConfig>& pools,
                                          absl::Duration cooldown, Moment now);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_LEASE_STATE_H_
