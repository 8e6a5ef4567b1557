#include "dnsd-controller/zone/expected_answer.h"

#include "common/dns/dns_message.h"

namespace mpd::dnsd {

bool Matches(const ExpectedAnswer& expectation, const DnsResponse& response) {
  if (expectation.value.empty()) {
    return response.answers.empty() &&
           (response.rcode == DnsRcode::kNameError || response.rcode == DnsRcode::kNoError);
  }
  return response.rcode == DnsRcode::kNoError && response.answers.size() == 1 &&
         response.answers[0].type == expectation.type &&
         response.answers[0].data == expectation.value;
}

}  // namespace mpd::dnsd
