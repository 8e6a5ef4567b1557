// The commands of the load program, run against a running zone. Each prints one line of JSON.
#ifndef MPD_DNSD_CONTROLLER_LOAD_CHANGES_H_
#define MPD_DNSD_CONTROLLER_LOAD_CHANGES_H_

#include <string>

#include "absl/status/status.h"
#include "common/types/names.h"
#include "common/types/net_types.h"
#include "dnsd-controller/load/lease_client.h"

namespace mpd::dnsd {

// Allocates leases "n0" to "n<records - 1>", with many calls at once. Prints the milliseconds until
// all calls had returned and until all leases were published.
absl::Status Fill(LeaseClient* client, int records);

// Makes and releases one lease after the other, while another client asks for its name all the
// time. Prints the milliseconds from sending AllocateAddress to its return, to the first right
// answer, and to the return of WaitForRevision.
absl::Status MeasureChanges(LeaseClient* client, Ipv4Address resolver, const Zone& zone,
                            int changes);

// Makes or releases a lease every 1/rate seconds. Prints the number of changes.
absl::Status Churn(LeaseClient* client, int rate, int seconds);

// Asks for a name until it has an address. Prints "asking" once it begins, and at the end the time
// of the answer in nanoseconds of CLOCK_MONOTONIC.
absl::Status AwaitName(Ipv4Address resolver, const std::string& name);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_LOAD_CHANGES_H_
