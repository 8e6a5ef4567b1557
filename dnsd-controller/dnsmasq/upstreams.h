// The servers that names outside of the zone are forwarded to, read from where the resolver reads
// them.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_UPSTREAMS_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_UPSTREAMS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mpd::dnsd {

struct Upstreams {
  std::vector<std::string> servers;
  // Named in the file, but no use: this machine itself, or the resolver.
  std::vector<std::string> dropped;

  bool operator==(const Upstreams&) const = default;
};

// `nameserver` lines of resolv.conf(5); what is not an IP address is passed over. Loopback
// addresses and those in `own` are dropped: from inside of its container the resolver would ask
// itself.
Upstreams ParseResolvConf(absl::string_view text, const std::set<std::string>& own);

// An absent file is no servers.
Upstreams LoadUpstreams(const std::string& path, const std::set<std::string>& own);

// The addresses of this machine's interfaces.
std::set<std::string> LocalAddresses();

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_UPSTREAMS_H_
