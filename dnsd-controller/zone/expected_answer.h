// One answer that the resolver has to give.
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
  std::string value;  // the only answer, in presentation format; empty: there must be none

  auto operator<=>(const ExpectedAnswer&) const = default;
};

// Without a record both NXDOMAIN and an empty NOERROR will do: the latter is right for a name that
// others end in (RFC 8020 §2).
bool Matches(const ExpectedAnswer& expectation, const DnsResponse& response);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_ZONE_EXPECTED_ANSWER_H_
