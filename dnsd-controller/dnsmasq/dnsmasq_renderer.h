// What dnsmasq reads, as text. Takes checked types only: nothing from outside can become
// configuration.
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

// How things look from where dnsmasq runs.
struct ResolverLayout {
  ResolverLayout(Zone of_zone, Ipv4Prefix of_subnet, std::vector<Ipv4Address> listen)
      : zone(std::move(of_zone)), subnet(of_subnet), listen_addresses(std::move(listen)) {}

  Zone zone;
  Ipv4Prefix subnet;
  std::vector<Ipv4Address> listen_addresses;
  uint16_t port = 53;
  std::string config_folder = "/etc/mpd/dnsmasq";
  std::string resolv_file = "/run/systemd/resolve/resolv.conf";
  std::string user = "dnsmasq";  // what it drops to; empty: stays what it is
};

// dnsmasq.conf: read when dnsmasq starts, and only then.
std::string RenderMainConfig(const ResolverLayout& layout);

// dnsmasq.d/services.conf, likewise. `vm_ip` is the VM's address, or empty.
std::string RenderServicesConfig(const Zone& zone, const std::string& vm_ip);

// One file below hosts.d/, in the format of hosts(5); dnsmasq follows it by itself.
std::string RenderHostsFile(const LeaseRecords& records);

// A file per address, named after it: whoever has the address, its names and its PTR change in one
// step, and dnsmasq, which never forgets the name of a file, knows no more of them than there are
// addresses.
std::string HostsFileName(Ipv4Address address);

struct HostsLine {
  Ipv4Address address;
  std::vector<std::string> names;

  bool operator==(const HostsLine&) const = default;
};

// What RenderHostsFile made; unset where the text is not exactly of that form.
std::optional<HostsLine> ParseHostsFile(absl::string_view text);

// The reverse zones that cover the subnet, whole octets each (RFC 1035 §3.5): for 10.163.0.0/22 the
// four of 10.163.0 to 10.163.3.
std::vector<std::string> ReverseZones(const Ipv4Prefix& subnet);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_DNSMASQ_RENDERER_H_
