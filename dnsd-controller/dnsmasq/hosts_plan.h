// The order in which hosts files are changed, so that no name is missing meanwhile.
//
// dnsmasq follows the files one by one. If a name moves from one file to another and the old file
// were changed first, dnsmasq would answer NXDOMAIN in between, which clients cache. So changes are
// made in two steps, and a moving name is in both files between them: a client that asks then gets
// the old address, the new one, or both.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PLAN_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PLAN_H_

#include <optional>
#include <string>
#include <vector>

#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"

namespace mpd::dnsd {

// One file that has to change.
struct HostsChange {
  std::string file;
  // What it holds: unset when there is no such file, or none in the form of RenderHostsFile. Names
  // in a file of another form are not treated as moving.
  std::optional<HostsLine> before;
  std::optional<HostsLine> after;  // unset: the file is to be removed

  bool operator==(const HostsChange&) const = default;
};

// One write: the file is replaced, or removed when `line` is unset.
struct HostsWrite {
  std::string file;
  std::optional<HostsLine> line;

  bool operator==(const HostsWrite&) const = default;
};

// All of `first` is to be written before anything of `second`; within each the order does not
// matter.
struct HostsPlan {
  std::vector<HostsWrite> first;
  std::vector<HostsWrite> second;
};

HostsPlan PlanHosts(const std::vector<HostsChange>& changes);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PLAN_H_
