// The addresses of one pool: which are free, which rest, which are kept for whom.
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

// An address is leased, resting (released, in its cool-down), fixed (kept for an owner) or free. A
// released fixed address does not rest: nobody else could get it anyway. Rests end by themselves;
// the record that made one durable is then stale and waits to be deleted.
//
// Times are Moment::steady. Not thread-safe.
class Pool {
 public:
  explicit Pool(const PoolConfig& config);

  const PoolConfig& config() const { return config_; }
  int64_t capacity() const;
  bool Contains(Ipv4Address address) const;
  // Who an address is kept for; nullptr: nobody.
  const std::string* FixedOwnerOf(Ipv4Address address) const;
  std::optional<Ipv4Address> FixedAddressOf(const std::string& owner) const;

  // The address that the owner gets: `wanted`, else its fixed one, else the lowest that is free or
  // rests after this owner's own lease, else the one that rests longest. Changes nothing but rests
  // that are over. The caller knows that `wanted` is not leased.
  absl::StatusOr<Ipv4Address> Choose(const std::string& owner, std::optional<Ipv4Address> wanted,
                                     absl::Duration now);

  // What Take took, so that it can be put back.
  struct Taken {
    Ipv4Address address;
    // It rested, after this owner's lease, until then.
    std::optional<std::pair<std::string, absl::Duration>> rest;
    // The store has a record of a rest, over or not: the lease's transaction is to delete it.
    bool has_record = false;
  };
  Taken Take(Ipv4Address address);
  void PutBack(const Taken& taken);

  // A lease has ended: the address is free, or rests and has a record of that.
  void Free(Ipv4Address address);
  void Rest(Ipv4Address address, const std::string& owner, absl::Duration until);

  // Ends rests that are over, a bounded number of them.
  void EndRests(absl::Duration now);
  // Hands over at most `limit` addresses whose records are stale …
  std::vector<Ipv4Address> TakeStaleRecords(size_t limit);
  // … and takes back those that could not be deleted, or were found without a rest.
  void AddStaleRecord(Ipv4Address address);

  // Leases as they are durable.
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
  void Unrest(Ipv4Address address, const RestState& rest);

  PoolConfig config_;
  absl::flat_hash_map<std::string, Ipv4Address> fixed_addresses_;  // by owner
  OffsetSet free_;                                                 // without fixed ones
  absl::flat_hash_map<Ipv4Address, RestState> rests_;
  std::set<std::pair<absl::Duration, Ipv4Address>> rest_order_;
  absl::flat_hash_map<std::string, Ipv4Address> last_rest_of_;  // by owner
  absl::flat_hash_set<Ipv4Address> stale_records_;
  int64_t used_ = 0;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_POOL_H_
