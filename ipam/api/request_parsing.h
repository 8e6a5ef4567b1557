// From the messages of callers to checked values, and back.
#ifndef MPD_IPAM_API_REQUEST_PARSING_H_
#define MPD_IPAM_API_REQUEST_PARSING_H_

#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "common/types/net_types.h"
#include "ipam/leases/lease.h"
#include "mpd/ipam/v1/ipam.pb.h"

namespace mpd::ipam {

// More hostnames than this in one lease are refused, so that a lease always fits a message.
inline constexpr int kMaxHostnames = 1024;

// Errors: INVALID_ARGUMENT (INVALID_FIELD).
absl::StatusOr<AllocateParams> ParseAllocate(const v1::AllocateAddressRequest& request);
absl::StatusOr<UpdateParams> ParseUpdate(const v1::UpdateLeaseRequest& request);
absl::StatusOr<ReleaseParams> ParseRelease(const v1::ReleaseLeaseRequest& request);
// An owner or an address.
absl::StatusOr<std::variant<std::string, Ipv4Address>> ParseGet(const v1::GetLeaseRequest& request);

void FillLease(const Lease& lease, const std::string& store_id, v1::Lease* message);
void FillPool(const PoolUsage& usage, v1::Pool* message);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_API_REQUEST_PARSING_H_
