// All that mpd-ipam knows: the leases, the pools, and the revision at which that is true.
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
  // The pool's place in `pools`; -1: there is none.
  int FindPool(const std::string& name) const;
};

// Why the lease can't be under the pools of this state; empty: it can.
std::string Contradiction(const LeaseState& state, const Lease& lease);

// Reads the store. Errors: FAILED_PRECONDITION (CONFIG_CONTRADICTS_LEASES: a lease outside its
// pool, of a pool that is gone, or at another owner's fixed address), DATA_LOSS (DAMAGED_RECORD),
// and the store's.
absl::StatusOr<LeaseState> LoadLeaseState(Store* store, const std::vector<PoolConfig>& pools,
                                          absl::Duration cooldown, Moment now);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_LEASE_STATE_H_
