// The words for DNS numbers.
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/dns/dns_message.h"

namespace mpd {
namespace {

// IANA "Resource Record (RR) TYPEs": those that people ask for.
constexpr std::array<std::pair<const char*, uint16_t>, 19> kTypes = {{
    {"A", 1},      {"NS", 2},     {"CNAME", 5}, {"SOA", 6},     {"PTR", 12},
    {"HINFO", 13}, {"MX", 15},    {"TXT", 16},  {"AAAA", 28},   {"LOC", 29},
    {"SRV", 33},   {"NAPTR", 35}, {"DS", 43},   {"DNSKEY", 48}, {"TLSA", 52},
    {"SVCB", 64},  {"HTTPS", 65}, {"ANY", 255}, {"CAA", 257},
}};

// RFC 1035 §4.1.1, RFC 6895 §2.3.
constexpr std::array<const char*, 11> kRcodes = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                 "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                 "NXRRSET", "NOTAUTH", "NOTZONE"};

}  // namespace

absl::StatusOr<uint16_t> ParseDnsType(const std::string& text) {
  const std::string upper = absl::AsciiStrToUpper(text);
  for (const auto& [name, type] : kTypes) {
    if (upper == name) return type;
  }
  uint32_t number = 0;
  const bool numbered = absl::StartsWith(upper, "TYPE") && upper.size() <= 9 &&
                        upper.find_first_not_of("0123456789", 4) == std::string::npos &&
                        absl::SimpleAtoi(upper.substr(4), &number);
  if (numbered && number >= 1 && number <= 65535) return static_cast<uint16_t>(number);
  return InvalidField("type", text,
                      "is not a DNS record type; use A, AAAA, PTR, TXT, MX, ANY or TYPE<n>");
}

std::string DnsTypeName(uint16_t type) {
  for (const auto& [name, number] : kTypes) {
    if (number == type) return name;
  }
  return absl::StrCat("TYPE", type);
}

std::string DnsRcodeName(uint8_t rcode) {
  if (rcode < kRcodes.size()) return kRcodes[rcode];
  return absl::StrCat("RCODE", static_cast<int>(rcode));
}

}  // namespace mpd
