// The leases in memory, found by owner, address and hostname.
#ifndef MPD_IPAM_LEASES_LEASE_INDEX_H_
#define MPD_IPAM_LEASES_LEASE_INDEX_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/types/net_types.h"

namespace mpd::ipam {

// A lease as it is durable. About 400 bytes with its places in the three indexes.
struct LeaseEntry {
  std::string owner;
  std::vector<std::string> hostnames;
  absl::Time create_time;
  int64_t revision = 0;  // 0: it is not durable yet, and nobody may be told of it
  Ipv4Address address;
  uint16_t pool = 0;     // LeaseState::pools
  bool pending = false;  // a transaction that changes it is under way
};

// Entries stay where they are until removed. Not thread-safe.
class LeaseIndex {
 public:
  // nullptr: none.
  LeaseEntry* FindOwner(absl::string_view owner) const;
  LeaseEntry* FindAddress(Ipv4Address address) const;
  // The lease that holds the name, or for which it is reserved.
  LeaseEntry* FindHostname(absl::string_view hostname) const;

  // The caller has made sure that owner, address and hostnames are nobody's.
  LeaseEntry* Insert(LeaseEntry entry);
  void Remove(LeaseEntry* entry);

  // Keeps these hostnames for a change of the entry under way. `hostnames` must stay alive and
  // unchanged until they are dropped or given to the entry by ReplaceHostnames.
  void ReserveHostnames(LeaseEntry* entry, const std::vector<std::string>& hostnames);
  void DropReserved(const std::vector<std::string>& hostnames);
  void ReplaceHostnames(LeaseEntry* entry, std::vector<std::string> hostnames);

  size_t size() const { return by_owner_.size(); }

 private:
  // The keys point into entries, or into the reserver's strings.
  absl::flat_hash_map<absl::string_view, std::unique_ptr<LeaseEntry>> by_owner_;
  absl::flat_hash_map<Ipv4Address, LeaseEntry*> by_address_;
  absl::flat_hash_map<absl::string_view, LeaseEntry*> by_hostname_;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_LEASE_INDEX_H_
