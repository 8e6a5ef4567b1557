// Measures a running zone for `tests/bench dns`, which starts the daemons and compares the figures
// with their limits.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "common/base/status.h"
#include "dnsd-controller/load/changes.h"

namespace mpd::dnsd {
namespace {

constexpr char kUsage[] =
    "usage: dns_load fill IPAM_SOCKET DNSD_SOCKET RECORDS\n"
    "       dns_load changes IPAM_SOCKET DNSD_SOCKET RESOLVER ZONE CHANGES\n"
    "       dns_load churn IPAM_SOCKET DNSD_SOCKET CHANGES_PER_SECOND SECONDS\n"
    "       dns_load await RESOLVER NAME\n";

absl::StatusOr<int> Number(const std::string& text) {
  int number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < 1 || number > 60'000) {
    return InvalidField("number", text, "must be from 1 to 60000");
  }
  return number;
}

absl::Status Run(const std::vector<std::string>& words) {
  const std::string what = words.empty() ? "" : words[0];
  if (what == "await" && words.size() == 3) {
    ASSIGN_OR_RETURN(const Ipv4Address resolver, Ipv4Address::Parse(words[1]));
    return AwaitName(resolver, words[2]);
  }
  if (words.size() < 4) return absl::InvalidArgumentError(kUsage);
  LeaseClient client(words[1], words[2]);
  if (what == "fill" && words.size() == 4) {
    ASSIGN_OR_RETURN(const int records, Number(words[3]));
    return Fill(&client, records);
  }
  if (what == "changes" && words.size() == 6) {
    ASSIGN_OR_RETURN(const Ipv4Address resolver, Ipv4Address::Parse(words[3]));
    ASSIGN_OR_RETURN(const Zone zone, Zone::Parse(words[4]));
    ASSIGN_OR_RETURN(const int changes, Number(words[5]));
    return MeasureChanges(&client, resolver, zone, changes);
  }
  if (what == "churn" && words.size() == 5) {
    ASSIGN_OR_RETURN(const int rate, Number(words[3]));
    ASSIGN_OR_RETURN(const int seconds, Number(words[4]));
    return Churn(&client, rate, seconds);
  }
  return absl::InvalidArgumentError(kUsage);
}

}  // namespace
}  // namespace mpd::dnsd

int main(int argc, char** argv) {
  const absl::Status status = mpd::dnsd::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  std::fprintf(stderr, "dns_load: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? 2 : 1;
}
