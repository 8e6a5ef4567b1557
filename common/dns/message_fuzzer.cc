// Any bytes that come from the resolver's address are a response that can be shown and compared, or
// refused.
#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "common/dns/dns_message.h"
#include "common/testing/fuzz_check.h"

namespace mpd {
namespace {

// A label's byte is at most four characters, "\255".
constexpr size_t kLongestName = 4 * 255;

bool IsPrintable(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isprint(c); });
}

void CheckName(const std::string& name) {
  FUZZ_CHECK(IsPrintable(name) && name.size() <= kLongestName);
  FUZZ_CHECK(name.find(' ') == std::string::npos);
}

// What has no escapes is a name that can be asked for, and the question reads back.
void CheckQuestion(const DnsResponse& response) {
  if (response.question_name.find('\\') != std::string::npos) return;
  absl::StatusOr<std::string> query =
      EncodeQuery(response.id, response.question_name, response.question_type);
  FUZZ_CHECK(query.ok());
  (*query)[2] = static_cast<char>((*query)[2] | 0x80);
  const absl::StatusOr<DnsResponse> again = ParseResponse(*query);
  FUZZ_CHECK(again.ok() && again->id == response.id && again->answers.empty());
  FUZZ_CHECK(again->question_name == response.question_name);
  FUZZ_CHECK(again->question_type == response.question_type);
}

void Check(const DnsResponse& response, size_t size) {
  CheckName(response.question_name);
  FUZZ_CHECK(response.rcode < 16 && IsPrintable(DnsRcodeName(response.rcode)));
  // The shortest record: a name of one byte, type, class, TTL and length.
  FUZZ_CHECK(response.answers.size() <= size / 11);
  for (const DnsRecord& record : response.answers) {
    CheckName(record.name);
    FUZZ_CHECK(IsPrintable(record.data) && !record.data.empty());
    const absl::StatusOr<uint16_t> type = ParseDnsType(DnsTypeName(record.type));
    FUZZ_CHECK(record.type == 0 || (type.ok() && *type == record.type));
  }
  CheckQuestion(response);
}

}  // namespace
}  // namespace mpd

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<mpd::DnsResponse> response = mpd::ParseResponse(bytes);
  if (response.ok()) {
    mpd::Check(*response, size);
  } else {
    mpd::CheckRefusal(response.status(), absl::StatusCode::kDataLoss, "MALFORMED_RESPONSE");
  }
  return 0;
}
