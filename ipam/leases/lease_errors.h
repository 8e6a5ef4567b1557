// The errors of leases, as proto/mpd/ipam/v1/ipam.proto promises them.
#ifndef MPD_IPAM_LEASES_LEASE_ERRORS_H_
#define MPD_IPAM_LEASES_LEASE_ERRORS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/types/net_types.h"

namespace mpd::ipam {

class LeaseErrors {
 public:
  static absl::Status PoolNotFound(const std::string& pool);
  static absl::Status PoolExhausted(const std::string& pool, int64_t capacity);
  // The pool has addresses for its fixed owners only, and this is none of them.
  static absl::Status NotAFixedOwner(const std::string& pool, int64_t capacity,
                                     const std::string& owner);
  static absl::Status AddressNotInPool(Ipv4Address address, const std::string& pool);
  static absl::Status AddressTaken(Ipv4Address address, const std::string& owner);
  // Kept for an owner by the configuration.
  static absl::Status AddressFixed(Ipv4Address address, const std::string& owner);
  // Another address than the one that the configuration fixes for the owner.
  static absl::Status OwnerIsFixed(Ipv4Address address, const std::string& owner,
                                   Ipv4Address fixed);
  // Released by `owner`, and not out of its cool-down yet.
  static absl::Status AddressResting(Ipv4Address address, const std::string& owner,
                                     absl::Duration remaining);
  static absl::Status HostnameTaken(const std::string& hostname, const std::string& owner);
  static absl::Status LeaseNotFound(const std::string& key);
  static absl::Status EtagMismatch(const std::string& owner, const std::string& given,
                                   const std::string& current);
  static absl::Status RequestIdReused(const std::string& request_id);
  // The store has another writer; what is in memory can't be trusted any more.
  static absl::Status StoreConflict(const std::string& owner);

  // At start: `leases` are sentences, one per lease; the message holds the first few.
  static absl::Status ConfigContradictsLeases(const std::vector<std::string>& leases);
  static absl::Status DamagedRecord(const std::string& key, const std::string& problem);
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_LEASE_ERRORS_H_
