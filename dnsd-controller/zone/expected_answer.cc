#include "dnsd-controller/zone/expected_answer.h"

#include "common/dns/dns_message.h"

namespace mpd::dnsd {

bool Matches(const ExpectedAnswer& expected, const DnsResponse& response) {
  if (expected.value.empty()) {
    return response.answers.empty() &&
           (response.rcode == DnsRcode::kNameError || response.rcode == DnsRcode::kNoError);
  }
  return response.rcode == DnsRcode::kNoError && response.answers.size() == 1 &&
         response.answers[0].type == expected.type && response.answers[0].data == expected.value;
}

}  // namespace mpd::dnsd
