#include "dnsd-controller/zone/record_table.h"

#include <set>

#include "common/dns/dns_message.h"

namespace mpd::dnsd {

std::vector<ExpectedAnswer> RecordTable::Apply(const std::vector<ZoneChange>& changes) {
  ++version_;
  std::set<std::string> names;
  std::set<Ipv4Address> addresses;
  // Everything is removed before anything is added, because a name or address may move from one
  // lease to another within the same changes.
  for (const ZoneChange& change : changes) {
    if (!change.before) continue;
    addresses.insert(change.before->address);
    first_names_.erase(change.before->address);
    for (const std::string& name : change.before->names) {
      names.insert(name);
      records_.erase(name);
    }
  }
  for (const ZoneChange& change : changes) {
    if (!change.after) continue;
    addresses.insert(change.after->address);
    first_names_[change.after->address] = change.after->names.front();
    for (const std::string& name : change.after->names) {
      names.insert(name);
      records_[name] = ZoneRecord{name, change.after->address, change.after->owner};
    }
  }
  std::vector<ExpectedAnswer> expected;
  expected.reserve(names.size() + addresses.size());
  for (const std::string& name : names) expected.push_back(ForName(name));
  for (const Ipv4Address address : addresses) expected.push_back(ForAddress(address));
  return expected;
}

std::vector<ExpectedAnswer> RecordTable::ExpectAll() const {
  std::vector<ExpectedAnswer> expected;
  expected.reserve(records_.size() + first_names_.size());
  for (const auto& [name, record] : records_) expected.push_back(ForName(name));
  for (const auto& [address, name] : first_names_) expected.push_back(ForAddress(address));
  return expected;
}

ExpectedAnswer RecordTable::ForName(const std::string& name) const {
  const auto record = records_.find(name);
  return {name, DnsType::kA, record == records_.end() ? "" : record->second.address.ToString()};
}

ExpectedAnswer RecordTable::ForAddress(Ipv4Address address) const {
  const auto name = first_names_.find(address);
  return {address.ReverseName(), DnsType::kPtr, name == first_names_.end() ? "" : name->second};
}

std::vector<ZoneRecord> RecordTable::List(const std::string& after, size_t limit) const {
  std::vector<ZoneRecord> found;
  for (auto it = records_.upper_bound(after); it != records_.end() && found.size() < limit; ++it) {
    found.push_back(it->second);
  }
  return found;
}

const ZoneRecord* RecordTable::Next(const std::string& name) const {
  if (records_.empty()) return nullptr;
  const auto next = records_.upper_bound(name);
  return next == records_.end() ? &records_.begin()->second : &next->second;
}

}  // namespace mpd::dnsd
