#include "ipam/leases/lease_index.h"

#include <utility>

namespace mpd::ipam {

LeaseEntry* LeaseIndex::FindOwner(absl::string_view owner) const {
  const auto it = by_owner_.find(owner);
  return it == by_owner_.end() ? nullptr : it->second.get();
}

LeaseEntry* LeaseIndex::FindAddress(Ipv4Address address) const {
  const auto it = by_address_.find(address);
  return it == by_address_.end() ? nullptr : it->second;
}

LeaseEntry* LeaseIndex::FindHostname(absl::string_view hostname) const {
  const auto it = by_hostname_.find(hostname);
  return it == by_hostname_.end() ? nullptr : it->second;
}

LeaseEntry* LeaseIndex::Insert(LeaseEntry entry) {
  auto owned = std::make_unique<LeaseEntry>(std::move(entry));
  LeaseEntry* const inserted = owned.get();
  by_owner_.emplace(inserted->owner, std::move(owned));
  by_address_.emplace(inserted->address, inserted);
  for (const std::string& hostname : inserted->hostnames) by_hostname_.emplace(hostname, inserted);
  return inserted;
}

void LeaseIndex::Remove(LeaseEntry* entry) {
  for (const std::string& hostname : entry->hostnames) by_hostname_.erase(hostname);
  by_address_.erase(entry->address);
  by_owner_.erase(by_owner_.find(entry->owner));
}

void LeaseIndex::ReserveHostnames(LeaseEntry* entry, const std::vector<std::string>& hostnames) {
  for (const std::string& hostname : hostnames) by_hostname_.emplace(hostname, entry);
}

void LeaseIndex::DropReserved(const std::vector<std::string>& hostnames) {
  for (const std::string& hostname : hostnames) {
    const auto it = by_hostname_.find(hostname);
    // A hostname that the lease had before the change is kept. Its key is a view of the entry's
    // string, not of the reserved one.
    if (it != by_hostname_.end() && it->first.data() == hostname.data()) by_hostname_.erase(it);
  }
}

void LeaseIndex::ReplaceHostnames(LeaseEntry* entry, std::vector<std::string> hostnames) {
  // All keys are inserted again, so that none is a view of a string that is destroyed here.
  for (const std::string& hostname : entry->hostnames) by_hostname_.erase(hostname);
  for (const std::string& hostname : hostnames) by_hostname_.erase(hostname);
  entry->hostnames = std::move(hostnames);
  ReserveHostnames(entry, entry->hostnames);
}

}  // namespace mpd::ipam
