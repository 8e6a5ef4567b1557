// What the load program does to a running zone. Each prints one line of JSON.
#ifndef MPD_DNSD_CONTROLLER_LOAD_CHANGES_H_
#define MPD_DNSD_CONTROLLER_LOAD_CHANGES_H_

#include <string>

#include "absl/status/status.h"
#include "common/types/names.h"
#include "common/types/net_types.h"
#include "dnsd-controller/load/lease_client.h"

namespace mpd::dnsd {

// Leases until "n0" to "n<records - 1>" are there, many at once; tells how long it took until all
// were published.
absl::Status Fill(LeaseClient* client, int records);

// One after the other: a lease is made while another client asks for its name all the time, then
// released. Tells the milliseconds from AllocateAddress sent to its return, to the first right
// answer, and to the return of WaitForRevision.
absl::Status MeasureChanges(LeaseClient* client, Ipv4Address resolver, const Zone& zone,
                            int changes);

// A lease made or released every 1/rate seconds; tells how many there were.
absl::Status Churn(LeaseClient* client, int rate, int seconds);

// Asks for a name until it has an address; "asking" when it first was asked for, then the moment
// in nanoseconds of CLOCK_MONOTONIC.
absl::Status AwaitName(Ipv4Address resolver, const std::string& name);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_LOAD_CHANGES_H_
