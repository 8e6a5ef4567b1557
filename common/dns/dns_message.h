// DNS messages (RFC 1035 §4): a query out, a response in. The parser takes any bytes: it never
// reads outside of them, and its work is bounded by the message's 64 KiB.
#ifndef MPD_COMMON_DNS_DNS_MESSAGE_H_
#define MPD_COMMON_DNS_DNS_MESSAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

// The types that have a meaning of their own here; any other number may stand in their place.
struct DnsType {
  static constexpr uint16_t kA = 1, kNs = 2, kCname = 5, kSoa = 6, kPtr = 12, kMx = 15, kTxt = 16,
                            kAaaa = 28, kSrv = 33, kAny = 255;
};

struct DnsRcode {
  static constexpr uint8_t kNoError = 0, kServerFailure = 2, kNameError = 3, kRefused = 5;
};

struct DnsRecord {
  std::string name;
  uint16_t type = 0;
  uint32_t ttl = 0;  // in seconds; at most 2^31 - 1
  std::string
      data;  // in presentation format; "\# length hex" (RFC 3597 §5) where the type is unknown
};

struct DnsResponse {
  uint16_t id = 0;
  uint8_t rcode = 0;
  bool truncated = false;
  std::string question_name;  // lower case, without the last dot
  uint16_t question_type = 0;
  std::vector<DnsRecord> answers;
};

// A query with recursion desired, for class IN. INVALID_ARGUMENT when `name` (with or without a
// last dot) is not a name of RFC 1035 §2.3.4's sizes.
absl::StatusOr<std::string> EncodeQuery(uint16_t id, const std::string& name, uint16_t type);

// DATA_LOSS when the bytes are not one well-formed response with one question.
absl::StatusOr<DnsResponse> ParseResponse(absl::string_view bytes);

// "AAAA" gives 28, "TYPE65" 65 (RFC 3597 §5); any case. INVALID_ARGUMENT where there is no such
// type.
absl::StatusOr<uint16_t> ParseDnsType(const std::string& text);
std::string DnsTypeName(uint16_t type);
// "NXDOMAIN"; "RCODE12" where the code has no name.
std::string DnsRcodeName(uint8_t rcode);

}  // namespace mpd

#endif  // MPD_COMMON_DNS_DNS_MESSAGE_H_
