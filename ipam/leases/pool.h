// The addresses of one pool: which are free, which rest, and which are kept for an owner.
#ifndef MPD_IPAM_LEASES_POOL_H_
#define MPD_IPAM_LEASES_POOL_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/config/config.h"
#include "common/types/net_types.h"
#include "ipam/leases/lease.h"
#include "ipam/leases/offset_set.h"

namespace mpd::ipam {

// An address is leased, resting (released, and in its cool-down), fixed (kept for an owner by the
// configuration) or free. A fixed address does not rest after its release, because nobody else
// could get it anyway. A rest ends with time. The store's record of it is stale from then on; it is
// deleted later, by TakeStaleRecords.
//
// Times are Moment::steady. Not thread-safe.
class Pool {
 public:
  explicit Pool(const PoolConfig& config);

  const PoolConfig& config() const { return config_; }
  int64_t capacity() const;
  bool Contains(Ipv4Address address) const;
  // The owner for whom the address is kept; nullptr when there is none.
  const std::string* FixedOwnerOf(Ipv4Address address) const;
  std::optional<Ipv4Address> FixedAddressOf(const std::string& owner) const;

  // Chooses an address for the owner: `wanted` when it is set; else the owner's fixed address; else
  // the lowest one that is free or rests after a lease of the same owner; else, when none is free,
  // the one that has been resting longest. `wanted` must not be leased. Changes nothing, except
  // that rests that are over end. Errors: those of LeaseErrors about pools and addresses.
  absl::StatusOr<Ipv4Address> Choose(const std::string& owner, std::optional<Ipv4Address> wanted,
                                     absl::Duration now);

  // What Take has changed, so that PutBack can restore it.
  struct Taken {
    Ipv4Address address;
    // The address was resting: the owner whose lease it was, and until when.
    std::optional<std::pair<std::string, absl::Duration>> rest;
    // The store has a record of a rest, which may be over. The transaction of the new lease has to
    // delete it.
    bool has_record = false;
  };
  // The address is leased from now on.
  Taken Take(Ipv4Address address);
  void PutBack(const Taken& taken);

  // A lease has ended: the address is free, or rests and has a record in the store.
  void Free(Ipv4Address address);
  void Rest(Ipv4Address address, const std::string& owner, absl::Duration until);

  // Ends rests that are over, at most 1024 of them.
  void EndRests(absl::Duration now);
  // Returns at most `limit` addresses that have a stale record in the store, for the caller to
  // delete the records. They are not returned again.
  std::vector<Ipv4Address> TakeStaleRecords(size_t limit);
  // The address has a stale record: one that could not be deleted, or that was found at the start.
  void AddStaleRecord(Ipv4Address address);

  // Adds to the number of durable leases.
  void CountLease(int change) { used_ += change; }
  PoolUsage Usage(absl::Duration now);

 private:
  struct RestState {
    std::string owner;
    absl::Duration until;
  };

  uint32_t OffsetOf(Ipv4Address address) const { return address.bits() - config_.first.bits(); }
  Ipv4Address At(uint32_t offset) const { return Ipv4Address(config_.first.bits() + offset); }
  absl::StatusOr<Ipv4Address> ChooseWanted(const std::string& owner, Ipv4Address wanted,
                                           absl::Duration now) const;
  // Removes the rest from the two indexes below, but not from rests_.
  void RemoveFromRestIndexes(Ipv4Address address, const RestState& rest);

  PoolConfig config_;
  absl::flat_hash_map<std::string, Ipv4Address> fixed_addresses_;  // by owner
  OffsetSet free_;                                                 // never contains a fixed address
  absl::flat_hash_map<Ipv4Address, RestState> rests_;
  std::set<std::pair<absl::Duration, Ipv4Address>> rest_order_;
  absl::flat_hash_map<std::string, Ipv4Address> last_rest_of_;  // of each owner
  absl::flat_hash_set<Ipv4Address> stale_records_;
  int64_t used_ = 0;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_POOL_H_
