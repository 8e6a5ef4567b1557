#include "ipam/leases/pool.h"

#include "ipam/leases/lease_errors.h"

namespace mpd::ipam {
namespace {

// Limits the time that one call takes when a million rests end together.
constexpr int kRestsAtOnce = 1'024;

}  // namespace

Pool::Pool(const PoolConfig& config)
    : config_(config), free_(config.last.bits() - config.first.bits() + 1) {
  for (const auto& [address, owner] : config_.fixed) fixed_addresses_.emplace(owner, address);
  if (config_.fixed_only) return;
  const uint32_t size = config_.last.bits() - config_.first.bits() + 1;
  for (uint32_t offset = 0; offset < size; ++offset) free_.Insert(offset);
  for (const auto& [address, owner] : config_.fixed) free_.Erase(OffsetOf(address));
}

int64_t Pool::capacity() const {
  if (config_.fixed_only) return static_cast<int64_t>(config_.fixed.size());
  return int64_t{config_.last.bits()} - config_.first.bits() + 1;
}

bool Pool::Contains(Ipv4Address address) const {
  return address >= config_.first && address <= config_.last;
}

const std::string* Pool::FixedOwnerOf(Ipv4Address address) const {
  const auto it = config_.fixed.find(address);
  return it == config_.fixed.end() ? nullptr : &it->second;
}

std::optional<Ipv4Address> Pool::FixedAddressOf(const std::string& owner) const {
  const auto it = fixed_addresses_.find(owner);
  if (it == fixed_addresses_.end()) return std::nullopt;
  return it->second;
}

absl::StatusOr<Ipv4Address> Pool::ChooseWanted(const std::string& owner, Ipv4Address wanted,
                                               absl::Duration now) const {
  if (!Contains(wanted)) return LeaseErrors::AddressNotInPool(wanted, config_.name);
  if (const std::string* fixed_owner = FixedOwnerOf(wanted)) {
    if (*fixed_owner == owner) return wanted;
    return LeaseErrors::AddressFixed(wanted, *fixed_owner);
  }
  // A lease of another address would contradict the configuration at the next start.
  if (const std::optional<Ipv4Address> fixed = FixedAddressOf(owner)) {
    return LeaseErrors::OwnerIsFixed(wanted, owner, *fixed);
  }
  if (config_.fixed_only) return LeaseErrors::FixedOwnersOnly(config_.name, capacity());
  const auto rest = rests_.find(wanted);
  if (rest != rests_.end() && rest->second.owner != owner && rest->second.until > now &&
      !free_.empty()) {
    return LeaseErrors::AddressResting(wanted, rest->second.owner, rest->second.until - now);
  }
  return wanted;
}

absl::StatusOr<Ipv4Address> Pool::Choose(const std::string& owner,
                                         std::optional<Ipv4Address> wanted, absl::Duration now) {
  EndRests(now);
  if (wanted) return ChooseWanted(owner, *wanted, now);
  const auto fixed = fixed_addresses_.find(owner);
  if (fixed != fixed_addresses_.end()) return fixed->second;
  if (config_.fixed_only) return LeaseErrors::FixedOwnersOnly(config_.name, capacity());

  const auto own_rest = last_rest_of_.find(owner);
  const std::optional<uint32_t> lowest = free_.Lowest();
  if (own_rest != last_rest_of_.end() && (!lowest || own_rest->second < At(*lowest))) {
    return own_rest->second;
  }
  if (lowest) return At(*lowest);
  if (!rest_order_.empty()) return rest_order_.begin()->second;
  return LeaseErrors::PoolExhausted(config_.name, capacity());
}

void Pool::RemoveFromRestIndexes(Ipv4Address address, const RestState& rest) {
  rest_order_.erase({rest.until, address});
  const auto last = last_rest_of_.find(rest.owner);
  if (last != last_rest_of_.end() && last->second == address) last_rest_of_.erase(last);
}

Pool::Taken Pool::Take(Ipv4Address address) {
  Taken taken{.address = address, .rest = std::nullopt, .has_record = false};
  if (const auto it = rests_.find(address); it != rests_.end()) {
    RemoveFromRestIndexes(address, it->second);
    taken.rest = {std::move(it->second.owner), it->second.until};
    taken.has_record = true;
    rests_.erase(it);
  } else {
    taken.has_record = stale_records_.erase(address) > 0;
  }
  free_.Erase(OffsetOf(address));
  return taken;
}

void Pool::PutBack(const Taken& taken) {
  if (taken.rest) {
    Rest(taken.address, taken.rest->first, taken.rest->second);
    return;
  }
  if (taken.has_record) stale_records_.insert(taken.address);
  Free(taken.address);
}

void Pool::Free(Ipv4Address address) {
  if (!config_.fixed_only && FixedOwnerOf(address) == nullptr) free_.Insert(OffsetOf(address));
}

void Pool::Rest(Ipv4Address address, const std::string& owner, absl::Duration until) {
  free_.Erase(OffsetOf(address));
  stale_records_.erase(address);
  rests_[address] = {owner, until};
  rest_order_.emplace(until, address);
  last_rest_of_[owner] = address;
}

void Pool::EndRests(absl::Duration now) {
  for (int i = 0; i < kRestsAtOnce; ++i) {
    if (rest_order_.empty() || rest_order_.begin()->first > now) return;
    const Ipv4Address address = rest_order_.begin()->second;
    const auto it = rests_.find(address);
    RemoveFromRestIndexes(address, it->second);
    rests_.erase(it);
    stale_records_.insert(address);
    Free(address);
  }
}

std::vector<Ipv4Address> Pool::TakeStaleRecords(size_t limit) {
  std::vector<Ipv4Address> taken;
  while (taken.size() < limit && !stale_records_.empty()) {
    taken.push_back(*stale_records_.begin());
    stale_records_.erase(stale_records_.begin());
  }
  return taken;
}

void Pool::AddStaleRecord(Ipv4Address address) {
  // If a new rest of the address has begun meanwhile, its record is not stale.
  if (!rests_.contains(address)) stale_records_.insert(address);
}

PoolUsage Pool::Usage(absl::Duration now) {
  EndRests(now);
  return {config_.name, config_.first, config_.last,
          capacity(),   used_,         static_cast<int64_t>(rests_.size())};
}

}  // namespace mpd::ipam
