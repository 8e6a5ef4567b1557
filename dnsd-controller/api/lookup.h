// What a Lookup asks, and how its answer is shown.
#ifndef MPD_DNSD_CONTROLLER_API_LOOKUP_H_
#define MPD_DNSD_CONTROLLER_API_LOOKUP_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/async/awaitable.h"
#include "common/dns/dns_client.h"
#include "common/types/names.h"
#include "mpd/dnsd/v1/dnsd.pb.h"

namespace mpd::dnsd {

struct LookupQuestion {
  std::string name;  // fully qualified, without the last dot
  uint16_t type = 0;
};

// See LookupRequest for what a name may be. INVALID_ARGUMENT where it is none.
absl::StatusOr<LookupQuestion> ParseLookup(const v1::LookupRequest& request, const Zone& zone);

// Asks, a second time when the first is not answered. UNAVAILABLE (RESOLVER_SILENT).
boost::asio::awaitable<absl::StatusOr<v1::LookupResponse>> LookUp(DnsClient* resolver,
                                                                  LookupQuestion question);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_API_LOOKUP_H_
