#include "dnsd-controller/zone/zone_model.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd::dnsd {

ZoneModel::ZoneModel(Zone zone, Ipv4Prefix subnet) : zone_(std::move(zone)), subnet_(subnet) {}

absl::StatusOr<ZoneModel::Checked> ZoneModel::Check(const RawLease& lease) const {
  RETURN_IF_ERROR(Owner::Parse(lease.owner).status());
  Checked checked;
  ASSIGN_OR_RETURN(checked.address, Ipv4Address::Parse(lease.address));
  if (!subnet_.Contains(checked.address)) {
    return InvalidField("address", lease.address, "is not in the subnet " + subnet_.ToString());
  }
  std::set<std::string> seen;
  for (const std::string& text : lease.hostnames) {
    ASSIGN_OR_RETURN(const Hostname hostname, Hostname::Parse(text));
    if (hostname.value() == kVmHostname) {
      return InvalidField("hostname", text, "belongs to the VM itself");
    }
    std::string name = FullyQualified(hostname, zone_);
    if (seen.insert(name).second) checked.names.push_back(std::move(name));
  }
  return checked;
}

void ZoneModel::Put(const RawLease& lease) {
  if (seen_) seen_->insert(lease.owner);
  Unclaim(lease.owner);
  absl::StatusOr<Checked> checked = Check(lease);
  if (!checked.ok()) {
    problems_[lease.owner] = absl::StrCat("the lease of ", Printable(lease.owner, 80),
                                          " is not served: ", checked.status().message());
    return;
  }
  problems_.erase(lease.owner);
  Claim(lease.owner, *checked);
  leases_[lease.owner] = *std::move(checked);
}

void ZoneModel::Remove(const std::string& owner) {
  Unclaim(owner);
  problems_.erase(owner);
}

void ZoneModel::BeginReset() { seen_.emplace(); }

void ZoneModel::EndReset() {
  if (!seen_) return;
  std::set<std::string> gone;
  for (const auto& [owner, lease] : leases_) {
    if (!seen_->contains(owner)) gone.insert(owner);
  }
  for (const auto& [owner, problem] : problems_) {
    if (!seen_->contains(owner)) gone.insert(owner);
  }
  for (const std::string& owner : gone) Remove(owner);
  seen_.reset();
}

std::vector<std::string> ZoneModel::KeysOf(const Checked& lease) const {
  std::vector<std::string> keys = lease.names;
  keys.push_back(lease.address.ToString());
  return keys;
}

void ZoneModel::Claim(const std::string& owner, const Checked& lease) {
  dirty_.insert(owner);
  for (const std::string& key : KeysOf(lease)) {
    std::set<std::string>& owners = claims_[key];
    owners.insert(owner);
    if (owners.size() > 1) dirty_.insert(owners.begin(), owners.end());
  }
}

void ZoneModel::Unclaim(const std::string& owner) {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return;
  dirty_.insert(owner);
  for (const std::string& key : KeysOf(lease->second)) {
    const auto claim = claims_.find(key);
    if (claim == claims_.end()) continue;
    claim->second.erase(owner);
    dirty_.insert(claim->second.begin(), claim->second.end());
    if (claim->second.empty()) claims_.erase(claim);
  }
  leases_.erase(lease);
}

bool ZoneModel::Holds(const std::string& owner, const std::string& key) const {
  const auto claim = claims_.find(key);
  return claim != claims_.end() && *claim->second.begin() == owner;
}

std::optional<LeaseRecords> ZoneModel::Effective(const std::string& owner) {
  const auto lease = leases_.find(owner);
  if (lease == leases_.end()) return std::nullopt;
  problems_.erase(owner);
  const std::string address = lease->second.address.ToString();
  if (!Holds(owner, address)) {
    problems_[owner] =
        absl::StrCat("the lease of ", owner, " is not served: another has ", address);
    return std::nullopt;
  }
  LeaseRecords records{owner, lease->second.address, {}};
  for (const std::string& name : lease->second.names) {
    if (Holds(owner, name)) {
      records.names.push_back(name);
    } else {
      problems_[owner] = absl::StrCat(name, " of ", owner, " is not served: another lease has it");
    }
  }
  if (records.names.empty()) return std::nullopt;
  return records;
}

std::vector<ZoneChange> ZoneModel::TakeChanges() {
  std::vector<ZoneChange> changes;
  for (const std::string& owner : std::exchange(dirty_, {})) {
    ZoneChange change;
    if (const auto old = published_.find(owner); old != published_.end()) {
      change.before = old->second;
    }
    change.after = Effective(owner);
    if (change.before == change.after) continue;
    if (change.after) {
      published_[owner] = *change.after;
    } else {
      published_.erase(owner);
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace mpd::dnsd
