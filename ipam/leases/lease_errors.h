// The errors of mpd-ipam, one factory per reason; proto/mpd/ipam/v1/ipam.proto documents them.
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
  // The pool keeps its addresses for the owners that the configuration names, and who asks is not
  // one of them. Its reason is POOL_EXHAUSTED.
  static absl::Status FixedOwnersOnly(const std::string& pool, int64_t capacity);
  static absl::Status AddressNotInPool(Ipv4Address address, const std::string& pool);
  static absl::Status AddressTaken(Ipv4Address address, const std::string& owner);
  // The configuration keeps the address for `owner`.
  static absl::Status AddressFixed(Ipv4Address address, const std::string& owner);
  // The owner asked for another address than the one that the configuration fixes for it.
  static absl::Status OwnerIsFixed(Ipv4Address address, const std::string& owner,
                                   Ipv4Address fixed);
  // The address was released by `owner`, and its cool-down lasts for `remaining`.
  static absl::Status AddressResting(Ipv4Address address, const std::string& owner,
                                     absl::Duration remaining);
  static absl::Status HostnameTaken(const std::string& hostname, const std::string& owner);
  static absl::Status LeaseNotFound(const std::string& key);
  static absl::Status EtagMismatch(const std::string& owner, const std::string& given,
                                   const std::string& current);
  // Another process has written to the store, so the state in memory is not reliable any more.
  static absl::Status StoreConflict(const std::string& owner);

  // The two errors of the start. `leases` has one sentence per lease; the message holds the first
  // three.
  static absl::Status ConfigContradictsLeases(const std::vector<std::string>& leases);
  static absl::Status DamagedRecord(const std::string& key, const std::string& problem);
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_LEASE_ERRORS_H_
