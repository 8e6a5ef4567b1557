// Feeds arbitrary leases, in any order, to the path from the model to the hosts files. The files
// must hold exactly the accepted records, in the form of RenderHostsFile, and while they are
// changed no name may be missing that is there before and after.
//
// The input is a list of commands. The first byte of each is its kind. A lease follows as its
// owner, address, number of hostnames and hostnames; each text is one byte with its length and its
// bytes.
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

using Folder = std::map<std::string, HostsLine>;

// Reads the input; past its end, bytes are 0 and texts are empty.
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
  for (const auto& [file, line] : folder) {
    FUZZ_CHECK(HostsFileName(line.address) == file);
    names.insert(line.names.begin(), line.names.end());
  }
  return names;
}

// The files that the model demands, each checked to be read back as it was rendered.
Folder Wanted(const ZoneModel& model) {
  Folder folder;
  for (const auto& [owner, records] : model.published()) {
    FUZZ_CHECK(Owner::Parse(owner).ok() && owner == records.owner && !records.names.empty());
    const HostsLine line{records.address, records.names};
    const std::string text = RenderHostsFile(line);
    FUZZ_CHECK(text.find_first_not_of(kAllowed) == std::string::npos);
    FUZZ_CHECK(text.find('\n') == text.size() - 1);
    FUZZ_CHECK(ParseHostsFile(text) == line);
    // An address belongs to one lease.
    FUZZ_CHECK(folder.emplace(HostsFileName(line.address), line).second);
  }
  return folder;
}

std::vector<HostsChange> Difference(const Folder& from, const Folder& to) {
  std::vector<HostsChange> changes;
  for (const auto& [file, line] : from) {
    if (to.count(file) == 0) changes.push_back({file, line, std::nullopt});
  }
  for (const auto& [file, line] : to) {
    const auto old = from.find(file);
    if (old == from.end()) {
      changes.push_back({file, std::nullopt, line});
    } else if (old->second != line) {
      changes.push_back({file, old->second, line});
    }
  }
  return changes;
}

class ZoneUnderTest {
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
    const Folder wanted = Wanted(model_);
    const std::set<std::string> after = NamesOf(wanted);
    for (const std::string& name : after) CheckName(name);
    std::set<std::string> staying;
    for (const std::string& name : NamesOf(folder_)) {
      if (after.count(name) != 0) staying.insert(name);
    }
    const HostsPlan plan = PlanHosts(Difference(folder_, wanted));
    for (const auto* half : {&plan.first, &plan.second}) {
      for (const HostsWrite& write : *half) Apply(write, staying);
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

  void Apply(const HostsWrite& write, const std::set<std::string>& staying) {
    if (write.line) {
      folder_[write.file] = *write.line;
    } else {
      folder_.erase(write.file);
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
  mpd::dnsd::ZoneUnderTest zone;
  while (!input.empty()) zone.Do(&input);
  zone.Publish();
  return 0;
}
