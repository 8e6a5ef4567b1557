// Encodes and decodes the keys and values of the store's records, which
// proto/mpd/ipam/state/v1/state.proto documents.
#ifndef MPD_IPAM_LEASES_LEASE_RECORD_H_
#define MPD_IPAM_LEASES_LEASE_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/store/store.h"
#include "common/types/net_types.h"
#include "ipam/leases/lease.h"

namespace mpd::ipam {

inline constexpr absl::string_view kLeasePrefix = "lease/";
inline constexpr absl::string_view kRestPrefix = "resting/";
inline constexpr absl::string_view kRequestPrefix = "request/";

std::string LeaseKey(absl::string_view owner);
std::string RestKey(Ipv4Address address);
std::string RequestRecordKey(absl::string_view request_id);

// The value without the owner, which is in the key, and without the revision, which the store
// keeps.
std::string EncodeLease(const Lease& lease);
// This and the other decoders return DATA_LOSS (DAMAGED_RECORD) when the key or value is not in the
// expected form.
absl::StatusOr<Lease> DecodeLease(const KeyValue& kv);

struct RestRecord {
  Ipv4Address address;
  std::string owner;
  absl::Time release_time;
};
std::string EncodeRest(const RestRecord& rest);
absl::StatusOr<RestRecord> DecodeRest(const KeyValue& kv);

struct RequestRecord {
  std::string fingerprint;
  absl::Time time;
  // When it was encoded with revision 0, because the change was not durable yet, it is decoded with
  // the revision of the record, which was written by the same transaction.
  Outcome outcome;
};
std::string EncodeRequest(const RequestRecord& request);
absl::StatusOr<RequestRecord> DecodeRequest(const KeyValue& kv);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_LEASE_RECORD_H_
