// Renders the files that dnsmasq reads. All functions take checked types, so that no text from
// outside can become configuration.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_DNSMASQ_RENDERER_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_DNSMASQ_RENDERER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/types/names.h"
#include "common/types/net_types.h"
#include "dnsd-controller/zone/zone_model.h"

namespace mpd::dnsd {

// Addresses and paths as dnsmasq sees them in its container.
struct ResolverLayout {
  ResolverLayout(Zone of_zone, Ipv4Prefix of_subnet, std::vector<Ipv4Address> listen)
      : zone(std::move(of_zone)), subnet(of_subnet), listen_addresses(std::move(listen)) {}

  Zone zone;
  Ipv4Prefix subnet;
  std::vector<Ipv4Address> listen_addresses;
  uint16_t port = 53;
  std::string config_folder = "/etc/mpd/dnsmasq";
  std::string resolv_file = "/run/systemd/resolve/resolv.conf";
  std::string user = "dnsmasq";  // dnsmasq changes to this user; empty: it keeps its own
};

// dnsmasq.conf, which dnsmasq reads only when it starts.
std::string RenderMainConfig(const ResolverLayout& layout);

// dnsmasq.d/services.conf, which dnsmasq reads only when it starts. `vm_ip` is the VM's address;
// when it is empty, the VM gets no record.
std::string RenderServicesConfig(const Zone& zone, const std::string& vm_ip);

// What one file below hosts.d/ holds: an address and its names, at least one. PTR answers the
// first.
struct HostsLine {
  Ipv4Address address;
  std::vector<std::string> names;

  bool operator==(const HostsLine&) const = default;
};

// There is one file per address, named after the address. So the names and the PTR record of an
// address change in one step, whoever leases it. And since dnsmasq never forgets the name of a file
// that it has seen, it remembers no more names than there are addresses.
std::string HostsFileName(Ipv4Address address);

// The text of such a file, in the format of hosts(5). dnsmasq is notified of changes by inotify.
std::string RenderHostsFile(const HostsLine& line);
// The reverse of RenderHostsFile; unset when the text is not exactly in its form.
std::optional<HostsLine> ParseHostsFile(absl::string_view text);

// The names of the in-addr.arpa zones that cover the subnet. A zone covers whole octets (RFC 1035
// section 3.5), so 10.163.0.0/22 has four: those of 10.163.0 to 10.163.3.
std::vector<std::string> ReverseZones(const Ipv4Prefix& subnet);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_DNSMASQ_RENDERER_H_
