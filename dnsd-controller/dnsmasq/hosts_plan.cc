#include "dnsd-controller/dnsmasq/hosts_plan.h"

#include <set>

namespace mpd::dnsd {
namespace {

std::set<std::string> NamesOf(const std::optional<HostsLine>& line) {
  if (!line) return {};
  return {line->names.begin(), line->names.end()};
}

// The names that some file does not have before and has after.
std::set<std::string> Arriving(const std::vector<HostsChange>& changes) {
  std::set<std::string> arriving;
  for (const HostsChange& change : changes) {
    const std::set<std::string> before = NamesOf(change.before);
    for (const std::string& name : NamesOf(change.after)) {
      if (!before.contains(name)) arriving.insert(name);
    }
  }
  return arriving;
}

}  // namespace

HostsPlan PlanHosts(const std::vector<HostsChange>& changes) {
  const std::set<std::string> arriving = Arriving(changes);
  HostsPlan plan;
  for (const HostsChange& change : changes) {
    const std::set<std::string> after = NamesOf(change.after);
    std::vector<std::string> moving;  // from this file to another one
    for (const std::string& name : NamesOf(change.before)) {
      if (!after.contains(name) && arriving.contains(name)) moving.push_back(name);
    }
    if (moving.empty()) {
      plan.first.push_back({change.file, change.after});
      continue;
    }
    plan.second.push_back({change.file, change.after});
    if (!change.after) continue;
    // Appended, because PTR answers the first name: it is the final one from the first step on.
    HostsLine both = *change.after;
    both.names.insert(both.names.end(), moving.begin(), moving.end());
    plan.first.push_back({change.file, std::move(both)});
  }
  return plan;
}

}  // namespace mpd::dnsd
