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

// A lease in memory. It takes about 400 bytes together with its places in the three indexes.
struct LeaseEntry {
  std::string owner;
  std::vector<std::string> hostnames;
  absl::Time create_time;
  // Of the last durable change. 0: the lease is not durable yet, and reads must not return it.
  int64_t revision = 0;
  Ipv4Address address;
  uint16_t pool = 0;     // its index in LeaseState::pools
  bool pending = false;  // a transaction that changes it is being committed
};

// Pointers to entries stay valid until the entry is removed. Not thread-safe.
class LeaseIndex {
 public:
  // These return nullptr when there is none.
  LeaseEntry* FindOwner(absl::string_view owner) const;
  LeaseEntry* FindAddress(Ipv4Address address) const;
  // The lease that has the hostname, or for which it is reserved.
  LeaseEntry* FindHostname(absl::string_view hostname) const;

  // Nobody else may have the owner, the address or one of the hostnames.
  LeaseEntry* Insert(LeaseEntry entry);
  void Remove(LeaseEntry* entry);

  // Reserves hostnames for a change of the entry that is being committed. When it is durable,
  // ReplaceHostnames gives them to the entry; when it has failed, DropReserved frees those that the
  // entry does not have. `hostnames` must stay alive and unchanged until then.
  void ReserveHostnames(LeaseEntry* entry, const std::vector<std::string>& hostnames);
  void DropReserved(const std::vector<std::string>& hostnames);
  void ReplaceHostnames(LeaseEntry* entry, std::vector<std::string> hostnames);

  size_t size() const { return by_owner_.size(); }

 private:
  // The keys are views of strings in the entries, or in the `hostnames` of ReserveHostnames.
  absl::flat_hash_map<absl::string_view, std::unique_ptr<LeaseEntry>> by_owner_;
  absl::flat_hash_map<Ipv4Address, LeaseEntry*> by_address_;
  absl::flat_hash_map<absl::string_view, LeaseEntry*> by_hostname_;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_LEASE_INDEX_H_
