// In which order files of the watched folder are changed, so that dnsmasq, which follows them one
// by one, is never without a name that was there before and is there after. Pure functions on text.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PLAN_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PLAN_H_

#include <optional>
#include <string>
#include <vector>

namespace mpd::dnsd {

struct HostsFile {
  std::string name;
  std::optional<std::string> content;   // unset: there is to be no such file
  std::optional<std::string> before{};  // what it held, where it is there

  bool operator==(const HostsFile&) const = default;
};

// All of `first`, then all of `second`; within each the order does not matter.
struct HostsPlan {
  std::vector<HostsFile> first;
  std::vector<HostsFile> second;
};

// A name that goes from one file into another is in both between the two halves: whoever asks then
// gets the old answer, the new one, or both, but not that there is no such name. Each file is in
// RenderHostsFile's form; what is not has no names that could move.
HostsPlan PlanHosts(const std::vector<HostsFile>& changes);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PLAN_H_
