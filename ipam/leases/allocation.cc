#include "ipam/leases/lease_errors.h"
#include "ipam/leases/lease_record.h"
#include "ipam/leases/mutation.h"

namespace mpd::ipam {
namespace {

class Allocation final : public Mutation {
 public:
  Allocation(AllocateParams params, OutcomeCallback done)
      : Mutation(std::move(params.request), std::move(done)), params_(std::move(params)) {}

  Decision Decide(LeaseState* state, Moment now) override;
  void Apply(LeaseState* state, int64_t revision) override;
  void Undo(LeaseState* state) override;
  const std::string& owner() const override { return params_.owner; }

 private:
  Decision Reserve(LeaseState* state, int pool, Ipv4Address address, Moment now);

  const AllocateParams params_;
  LeaseEntry* entry_ = nullptr;
  Pool::Taken taken_;
};

Decision Allocation::Decide(LeaseState* state, Moment now) {
  if (const LeaseEntry* entry = state->index.FindOwner(params_.owner)) {
    if (entry->pending) return Blocked{entry};
    return Unchanged{{state->ToLease(*entry), entry->revision}};
  }
  const int pool = state->FindPool(params_.pool);
  if (pool < 0) return LeaseErrors::PoolNotFound(params_.pool);
  for (const std::string& hostname : params_.hostnames) {
    if (const LeaseEntry* holder = state->index.FindHostname(hostname)) {
      // The change under way may take the hostname from its holder.
      if (holder->pending) return Blocked{holder};
      return LeaseErrors::HostnameTaken(hostname, holder->owner);
    }
  }
  if (params_.address) {
    if (const LeaseEntry* holder = state->index.FindAddress(*params_.address)) {
      if (!state->pools[pool].Contains(*params_.address)) {
        return LeaseErrors::AddressNotInPool(*params_.address, params_.pool);
      }
      if (holder->pending) return Blocked{holder};
      return LeaseErrors::AddressTaken(*params_.address, holder->owner);
    }
  }
  const auto address = state->pools[pool].Choose(params_.owner, params_.address, now.steady);
  if (!address.ok()) return address.status();
  return Reserve(state, pool, *address, now);
}

Decision Allocation::Reserve(LeaseState* state, int pool, Ipv4Address address, Moment now) {
  taken_ = state->pools[pool].Take(address);
  entry_ = state->index.Insert({.owner = params_.owner,
                                .hostnames = params_.hostnames,
                                .create_time = now.wall,
                                .revision = 0,
                                .address = address,
                                .pool = static_cast<uint16_t>(pool),
                                .pending = true});
  Change change{.entry = entry_, .transaction = {}, .outcome = {state->ToLease(*entry_), 0}};
  const std::string key = LeaseKey(params_.owner);
  change.transaction.compares = {{key, 0}};
  change.transaction.ops = {{StoreOp::Type::kPut, key, EncodeLease(*change.outcome.lease)}};
  if (taken_.has_record) {
    change.transaction.ops.push_back({StoreOp::Type::kDelete, RestKey(address), ""});
  }
  return change;
}

void Allocation::Apply(LeaseState* state, int64_t revision) {
  entry_->revision = revision;
  entry_->pending = false;
  state->pools[entry_->pool].CountLease(1);
}

void Allocation::Undo(LeaseState* state) {
  state->pools[entry_->pool].PutBack(taken_);
  state->index.Remove(entry_);
}

}  // namespace

std::unique_ptr<Mutation> MakeAllocation(AllocateParams params, OutcomeCallback done) {
  return std::make_unique<Allocation>(std::move(params), std::move(done));
}

}  // namespace mpd::ipam
