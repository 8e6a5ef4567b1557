// The upstream servers to which the resolver forwards names outside the zone, read from the same
// resolv.conf that the resolver reads.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_UPSTREAMS_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_UPSTREAMS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mpd::dnsd {

struct Upstreams {
  std::vector<std::string> servers;
  // Servers in the file that can't be used, because they are this machine or the resolver itself.
  std::vector<std::string> dropped;

  bool operator==(const Upstreams&) const = default;
};

// Reads the `nameserver` lines of resolv.conf(5); those that hold no IP address are ignored.
// Loopback addresses and those in `own` are dropped, because the resolver would ask itself. At most
// 32 of each are kept.
Upstreams ParseResolvConf(absl::string_view text, const std::set<std::string>& own);

// A file that can't be read counts as one without servers.
Upstreams LoadUpstreams(const std::string& path, const std::set<std::string>& own);

// The addresses of this machine's interfaces.
std::set<std::string> LocalAddresses();

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_UPSTREAMS_H_
