// One answer that the resolver is expected to give.
#ifndef MPD_DNSD_CONTROLLER_ZONE_EXPECTED_ANSWER_H_
#define MPD_DNSD_CONTROLLER_ZONE_EXPECTED_ANSWER_H_

#include <compare>
#include <cstdint>
#include <string>

namespace mpd {
struct DnsResponse;
}

namespace mpd::dnsd {

struct ExpectedAnswer {
  std::string name;   // fully qualified
  uint16_t type = 0;  // A or PTR
  // The one record of the answer, in presentation format. Empty: no record may be answered.
  std::string value;

  auto operator<=>(const ExpectedAnswer&) const = default;
};

// Whether the response is the expected answer. Where no record is expected, NXDOMAIN and a NOERROR
// without records both match: the second is correct for a name below which there are other names
// (RFC 8020 section 2).
bool Matches(const ExpectedAnswer& expected, const DnsResponse& response);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_ZONE_EXPECTED_ANSWER_H_
