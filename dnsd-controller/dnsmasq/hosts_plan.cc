#include "dnsd-controller/dnsmasq/hosts_plan.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"

namespace mpd::dnsd {
namespace {

std::set<std::string> NamesIn(const std::optional<std::string>& content) {
  if (!content) return {};
  const std::optional<HostsLine> line = ParseHostsFile(*content);
  return line ? std::set<std::string>(line->names.begin(), line->names.end())
              : std::set<std::string>();
}

// Names that a file did not have before and has after.
std::set<std::string> Arriving(const std::vector<HostsFile>& changes) {
  std::set<std::string> arriving;
  for (const HostsFile& file : changes) {
    const std::set<std::string> before = NamesIn(file.before);
    for (const std::string& name : NamesIn(file.content)) {
      if (!before.contains(name)) arriving.insert(name);
    }
  }
  return arriving;
}

}  // namespace

HostsPlan PlanHosts(const std::vector<HostsFile>& changes) {
  if (changes.size() == 1) return {changes, {}};
  const std::set<std::string> arriving = Arriving(changes);
  HostsPlan plan;
  for (const HostsFile& file : changes) {
    const std::set<std::string> before = NamesIn(file.before);
    const std::set<std::string> after = NamesIn(file.content);
    std::vector<std::string> leaving;
    for (const std::string& name : before) {
      if (!after.contains(name) && arriving.contains(name)) leaving.push_back(name);
    }
    if (leaving.empty()) {
      plan.first.push_back(file);
      continue;
    }
    plan.second.push_back(file);
    if (!file.content) continue;
    // At the end of the line, so that PTR changes at once to what it is to be.
    const std::string line = file.content->substr(0, file.content->find('\n'));
    plan.first.push_back(
        {file.name, absl::StrCat(line, " ", absl::StrJoin(leaving, " "), "\n"), file.before});
  }
  return plan;
}

}  // namespace mpd::dnsd
