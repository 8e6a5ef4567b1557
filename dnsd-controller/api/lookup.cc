#include "dnsd-controller/api/lookup.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/base/timestamps.h"
#include "common/types/net_types.h"

namespace mpd::dnsd {
namespace {

constexpr absl::Duration kAnswerTime = absl::Milliseconds(900);
constexpr int kAttempts = 2;

bool EndsInLabels(const std::string& name, const std::string& suffix) {
  return name == suffix || absl::EndsWith(name, "." + suffix);
}

std::string Absolute(const std::string& text, const Zone& zone) {
  const std::string name = absl::AsciiStrToLower(text);
  if (name == "@") return zone.value();
  if (absl::EndsWith(name, ".")) return name.substr(0, name.size() - 1);
  if (EndsInLabels(name, zone.value()) || EndsInLabels(name, "arpa")) return name;
  return absl::StrCat(name, ".", zone.value());
}

}  // namespace

absl::StatusOr<LookupQuestion> ParseLookup(const v1::LookupRequest& request, const Zone& zone) {
  const std::string& text = request.name();
  if (text.empty()) return InvalidField("name", text, "is empty");
  if (!std::all_of(text.begin(), text.end(),
                   [](unsigned char c) { return absl::ascii_isgraph(c); })) {
    return InvalidField("name", text, "holds a character that names can't hold");
  }
  LookupQuestion question{"", DnsType::kA};
  if (const auto address = Ipv4Address::Parse(text); address.ok()) {
    question = {address->ReverseName(), DnsType::kPtr};
  } else {
    question.name = Absolute(text, zone);
  }
  if (!request.type().empty()) {
    ASSIGN_OR_RETURN(question.type, ParseDnsType(request.type()));
  }
  // Says what is wrong with the name before anything is sent.
  RETURN_IF_ERROR(EncodeQuery(0, question.name, question.type).status());
  return question;
}

boost::asio::awaitable<absl::StatusOr<v1::LookupResponse>> LookUp(DnsClient* resolver,
                                                                  LookupQuestion question) {
  absl::Time start;
  absl::StatusOr<DnsResponse> answer = absl::UnknownError("not asked");
  for (int attempt = 0; attempt < kAttempts && !answer.ok(); ++attempt) {
    start = absl::Now();
    answer = co_await resolver->Ask(question.name, question.type, kAnswerTime);
  }
  CO_RETURN_IF_ERROR(answer.status());
  v1::LookupResponse response;
  response.set_name(question.name);
  response.set_type(DnsTypeName(question.type));
  response.set_rcode(DnsRcodeName(answer->rcode));
  for (const DnsRecord& record : answer->answers) {
    v1::Answer* const shown = response.add_answers();
    shown->set_name(record.name);
    shown->set_type(DnsTypeName(record.type));
    shown->set_value(record.data);
    shown->mutable_ttl()->set_seconds(record.ttl);
  }
  *response.mutable_elapsed() = ToDurationProto(absl::Now() - start);
  co_return response;
}

}  // namespace mpd::dnsd
