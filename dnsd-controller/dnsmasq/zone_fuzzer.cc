// Whatever leases come over the wire, in whatever order: the files that dnsmasq reads hold exactly
// the records that were accepted, in the one form that they have, and no name that stays is missing
// between two steps.
//
// The input is a list of commands: a byte for the kind, then for a lease its owner, its address and
// its hostnames, each a byte with the length and so many bytes.
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/testing/fuzz_check.h"
#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"
#include "dnsd-controller/dnsmasq/hosts_plan.h"
#include "dnsd-controller/zone/zone_model.h"

namespace mpd::dnsd {
namespace {

constexpr char kAllowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-. \n";

using Folder = std::map<std::string, std::string>;

// Reads the input; past its end everything is 0 and empty.
class Input {
 public:
  explicit Input(absl::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  std::string Text() {
    const uint8_t length = Byte();
    const std::string text(bytes_.substr(0, length));
    bytes_.remove_prefix(text.size());
    return text;
  }

 private:
  absl::string_view bytes_;
};

std::set<std::string> NamesOf(const Folder& folder) {
  std::set<std::string> names;
  for (const auto& [file, content] : folder) {
    const auto line = ParseHostsFile(content);
    FUZZ_CHECK(line && HostsFileName(line->address) == file);
    names.insert(line->names.begin(), line->names.end());
  }
  return names;
}

Folder Rendered(const ZoneModel& model) {
  Folder folder;
  for (const auto& [owner, records] : model.published()) {
    FUZZ_CHECK(Owner::Parse(owner).ok() && owner == records.owner && !records.names.empty());
    const std::string content = RenderHostsFile(records);
    FUZZ_CHECK(content.find_first_not_of(kAllowed) == std::string::npos);
    FUZZ_CHECK(content.find('\n') == content.size() - 1);
    const auto line = ParseHostsFile(content);
    FUZZ_CHECK(line && line->address == records.address && line->names == records.names);
    // An address belongs to one lease.
    FUZZ_CHECK(folder.emplace(HostsFileName(records.address), content).second);
  }
  return folder;
}

std::vector<HostsFile> Difference(const Folder& from, const Folder& to) {
  std::vector<HostsFile> changes;
  for (const auto& [file, content] : from) {
    if (to.count(file) == 0) changes.push_back({file, std::nullopt, content});
  }
  for (const auto& [file, content] : to) {
    const auto old = from.find(file);
    if (old == from.end()) {
      changes.push_back({file, content, std::nullopt});
    } else if (old->second != content) {
      changes.push_back({file, content, old->second});
    }
  }
  return changes;
}

class Zoned {
 public:
  void Do(Input* input) {
    switch (input->Byte() % 5) {
      case 0:
      case 1:
        Put(input);
        break;
      case 2:
        model_.Remove(input->Text());
        break;
      case 3:
        if (model_.resetting()) {
          model_.EndReset();
        } else {
          model_.BeginReset();
        }
        break;
      default:
        Publish();
    }
  }

  void Publish() {
    for (const ZoneChange& change : model_.TakeChanges()) {
      FUZZ_CHECK(change.before || change.after);
      FUZZ_CHECK(change.before != change.after);
    }
    const Folder wanted = Rendered(model_);
    const std::set<std::string> after = NamesOf(wanted);
    for (const std::string& name : after) CheckName(name);
    std::set<std::string> staying;
    for (const std::string& name : NamesOf(folder_)) {
      if (after.count(name) != 0) staying.insert(name);
    }
    const HostsPlan plan = PlanHosts(Difference(folder_, wanted));
    for (const auto* half : {&plan.first, &plan.second}) {
      for (const HostsFile& step : *half) Take(step, staying);
    }
    FUZZ_CHECK(folder_ == wanted);
    for (const auto& [owner, problem] : model_.problems()) {
      FUZZ_CHECK(!problem.empty() && problem.find('\n') == std::string::npos);
    }
  }

 private:
  void Put(Input* input) {
    RawLease lease{input->Text(), input->Text(), {}};
    for (int count = input->Byte() % 4; count > 0; --count) {
      lease.hostnames.push_back(input->Text());
    }
    model_.Put(lease);
  }

  static void CheckName(const std::string& name) {
    if (name == kZone) return;
    const std::string suffix = absl::StrCat(".", kZone);
    FUZZ_CHECK(name.size() > suffix.size() && name.size() <= 253);
    FUZZ_CHECK(name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0);
    FUZZ_CHECK(Hostname::Parse(name.substr(0, name.size() - suffix.size())).ok());
    FUZZ_CHECK(name != absl::StrCat(kVmHostname, suffix));
  }

  void Take(const HostsFile& step, const std::set<std::string>& staying) {
    if (step.content) {
      folder_[step.name] = *step.content;
    } else {
      folder_.erase(step.name);
    }
    const std::set<std::string> known = NamesOf(folder_);
    for (const std::string& name : staying) FUZZ_CHECK(known.count(name) != 0);
  }

  static constexpr char kZone[] = "mpd.test";
  ZoneModel model_{*Zone::Parse(kZone), *Ipv4Prefix::Parse("10.163.0.0/24")};
  Folder folder_;
};

}  // namespace
}  // namespace mpd::dnsd

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mpd::dnsd::Input input(absl::string_view(reinterpret_cast<const char*>(data), size));
  mpd::dnsd::Zoned zone;
  while (!input.empty()) zone.Do(&input);
  zone.Publish();
  return 0;
}
