#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mpd::dnsd {

std::vector<std::string> ReverseZones(const Ipv4Prefix& subnet) {
  const int octets = (subnet.length() + 7) / 8;
  const uint32_t step = octets == 4 ? 1 : uint32_t{1} << (32 - 8 * octets);
  std::vector<std::string> zones;
  for (uint64_t offset = 0; offset < subnet.size(); offset += step) {
    std::string name = subnet.At(static_cast<uint32_t>(offset)).ReverseName();
    // A reverse name begins with the host's octets, which are not part of the zone.
    for (int i = octets; i < 4; ++i) name.erase(0, name.find('.') + 1);
    zones.push_back(std::move(name));
  }
  return zones;
}

std::string RenderMainConfig(const ResolverLayout& layout) {
  std::string text =
      "# Written by mpd-dnsd-controller, and written anew when it starts.\n"
      "keep-in-foreground\n"
      "pid-file=\n"
      "log-facility=-\n";
  if (!layout.user.empty()) absl::StrAppend(&text, "user=", layout.user, "\n");
  absl::StrAppend(&text, "\nport=", layout.port, "\n");
  for (const Ipv4Address address : layout.listen_addresses) {
    absl::StrAppend(&text, "listen-address=", address.ToString(), "\n");
  }
  absl::StrAppend(&text,
                  "bind-interfaces\n"
                  "\n# The zone is answered from here or not at all.\n"
                  "no-hosts\n",
                  "local=/", layout.zone.value(), "/\n");
  for (const std::string& zone : ReverseZones(layout.subnet)) {
    absl::StrAppend(&text, "local=/", zone, "/\n");
  }
  absl::StrAppend(&text, "hostsdir=", layout.config_folder, "/hosts.d\n",
                  "conf-file=", layout.config_folder, "/dnsmasq.d/services.conf\n",
                  "\n# Everything else: the VM's own upstream servers, followed as they change.\n",
                  "resolv-file=", layout.resolv_file, "\n",
                  // Makes dnsmasq leave out an upstream server that forwards back to it.
                  "dns-loop-detect\n"
                  "clear-on-reload\n"
                  "domain-needed\n"
                  "dns-forward-max=1000\n"
                  "cache-size=5000\n");
  return text;
}

std::string RenderServicesConfig(const Zone& zone, const std::string& vm_ip) {
  std::string text =
      "# Written by mpd-dnsd-controller: records that are fixed while dnsmasq runs.\n";
  if (!vm_ip.empty()) {
    absl::StrAppend(&text, "host-record=", kVmHostname, ".", zone.value(), ",", vm_ip, "\n");
  }
  return text;
}

std::string HostsFileName(Ipv4Address address) { return address.ToString(); }

std::string RenderHostsFile(const HostsLine& line) {
  return absl::StrCat(line.address.ToString(), " ", absl::StrJoin(line.names, " "), "\n");
}

std::optional<HostsLine> ParseHostsFile(absl::string_view text) {
  if (!absl::ConsumeSuffix(&text, "\n")) return std::nullopt;
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  const absl::StatusOr<Ipv4Address> address = Ipv4Address::Parse(words.front());
  if (!address.ok() || words.size() < 2) return std::nullopt;
  HostsLine line{*address, {words.begin() + 1, words.end()}};
  const auto is_name = [](const std::string& name) {
    return !name.empty() &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos;
  };
  if (!std::all_of(line.names.begin(), line.names.end(), is_name)) return std::nullopt;
  return line;
}

}  // namespace mpd::dnsd
