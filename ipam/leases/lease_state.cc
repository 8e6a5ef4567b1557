#include "ipam/leases/lease_state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "ipam/leases/lease_errors.h"
#include "ipam/leases/lease_record.h"
#include "ipam/leases/store_scan.h"

namespace mpd::ipam {
namespace {

absl::Status InsertLease(LeaseState* state, const KeyValue& kv, Lease lease) {
  if (state->index.FindAddress(lease.address) != nullptr) {
    return LeaseErrors::DamagedRecord(kv.key, "its address has another lease");
  }
  for (const std::string& hostname : lease.hostnames) {
    if (state->index.FindHostname(hostname) != nullptr) {
      return LeaseErrors::DamagedRecord(kv.key, "one of its hostnames has another lease");
    }
  }
  const int pool = state->FindPool(lease.pool);
  state->pools[pool].Take(lease.address);
  state->pools[pool].CountLease(1);
  state->index.Insert({.owner = std::move(lease.owner),
                       .hostnames = std::move(lease.hostnames),
                       .create_time = lease.create_time,
                       .revision = lease.revision,
                       .address = lease.address,
                       .pool = static_cast<uint16_t>(pool)});
  return absl::OkStatus();
}

absl::Status LoadLeases(Store* store, LeaseState* state) {
  std::vector<std::string> contradictions;
  const auto insert = [&](const KeyValue& kv) -> absl::Status {
    ASSIGN_OR_RETURN(Lease lease, DecodeLease(kv));
    const std::string problem = Contradiction(*state, lease);
    if (problem.empty()) return InsertLease(state, kv, std::move(lease));
    contradictions.push_back(absl::StrCat(lease.owner, " at ", lease.address.ToString(),
                                          " in pool ", lease.pool, " (", problem, ")"));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ScanStore(store, kLeasePrefix, state->revision, insert));
  if (contradictions.empty()) return absl::OkStatus();
  return LeaseErrors::ConfigContradictsLeases(contradictions);
}

// How much longer the address rests. When the wall clock was set back since the release, that is
// one whole cool-down at most.
absl::Duration RemainingRest(const LeaseState& state, const RestRecord& rest, Moment now) {
  const absl::Duration remaining = rest.release_time + state.cooldown - now.wall;
  return std::clamp(remaining, absl::ZeroDuration(), state.cooldown);
}

absl::Status LoadRests(Store* store, Moment now, LeaseState* state) {
  return ScanStore(store, kRestPrefix, state->revision, [&](const KeyValue& kv) -> absl::Status {
    ASSIGN_OR_RETURN(const RestRecord rest, DecodeRest(kv));
    for (Pool& pool : state->pools) {
      if (!pool.Contains(rest.address)) continue;
      const absl::Duration remaining = RemainingRest(*state, rest, now);
      const bool leasable = pool.FixedOwnerOf(rest.address) == nullptr &&
                            !pool.config().fixed_only &&
                            state->index.FindAddress(rest.address) == nullptr;
      if (leasable && remaining > absl::ZeroDuration()) {
        pool.Rest(rest.address, rest.owner, now.steady + remaining);
      } else {
        pool.AddStaleRecord(rest.address);
      }
      return absl::OkStatus();
    }
    // The address is in no pool now. The record is kept, so that the address still rests when its
    // pool is configured again.
    return absl::OkStatus();
  });
}

}  // namespace

std::string Contradiction(const LeaseState& state, const Lease& lease) {
  const int found = state.FindPool(lease.pool);
  if (found < 0) return "its pool is gone";
  const Pool& pool = state.pools[found];
  if (!pool.Contains(lease.address)) return "outside the pool";
  const std::string* fixed_owner = pool.FixedOwnerOf(lease.address);
  if (fixed_owner != nullptr) {
    return *fixed_owner == lease.owner ? "" : absl::StrCat("fixed for ", *fixed_owner);
  }
  if (const std::optional<Ipv4Address> fixed = pool.FixedAddressOf(lease.owner)) {
    return absl::StrCat(fixed->ToString(), " is fixed for it");
  }
  return pool.config().fixed_only ? "the pool is for fixed addresses only" : "";
}

Lease LeaseState::ToLease(const LeaseEntry& entry) const {
  return {entry.owner,       pools[entry.pool].config().name,
          entry.address,     entry.hostnames,
          entry.create_time, entry.revision};
}

int LeaseState::FindPool(const std::string& name) const {
  const auto it = std::find_if(pools.begin(), pools.end(),
                               [&](const Pool& pool) { return pool.config().name == name; });
  return it == pools.end() ? -1 : static_cast<int>(it - pools.begin());
}

absl::StatusOr<LeaseState> LoadLeaseState(Store* store, const std::vector<PoolConfig>& pools,
                                          absl::Duration cooldown, Moment now) {
  LeaseState state;
  state.cooldown = cooldown;
  state.store_id = store->store_id();
  state.revision = store->revision();
  state.pools.reserve(pools.size());
  for (const PoolConfig& pool : pools) state.pools.emplace_back(pool);
  RETURN_IF_ERROR(LoadLeases(store, &state));
  RETURN_IF_ERROR(LoadRests(store, now, &state));
  return state;
}

}  // namespace mpd::ipam
