#include "ipam/leases/lease_record.h"
#include "ipam/leases/mutation.h"

namespace mpd::ipam {
namespace {

class Release final : public Mutation {
 public:
  Release(ReleaseParams params, OutcomeCallback done)
      : Mutation(std::move(params.request), std::move(done)), params_(std::move(params)) {}

  Decision Decide(LeaseState* state, Moment now) override;
  void Apply(LeaseState* state, int64_t revision) override;
  void Undo(LeaseState* state) override;
  const std::string& owner() const override { return params_.owner; }

 private:
  const ReleaseParams params_;
  LeaseEntry* entry_ = nullptr;
  bool rests_ = false;
  absl::Duration rests_until_;
};

Decision Release::Decide(LeaseState* state, Moment now) {
  LeaseEntry* const entry = state->index.FindOwner(params_.owner);
  if (entry == nullptr) return Unchanged{{std::nullopt, state->revision}};
  if (entry->pending) return Blocked{entry};
  entry_ = entry;
  entry_->pending = true;
  rests_ = state->cooldown > absl::ZeroDuration() &&
           state->pools[entry_->pool].FixedOwnerOf(entry_->address) == nullptr;
  rests_until_ = now.steady + state->cooldown;
  Change change{.entry = entry_, .transaction = {}, .outcome = {}};
  const std::string key = LeaseKey(params_.owner);
  change.transaction.compares = {{key, entry_->revision}};
  change.transaction.ops = {{StoreOp::Type::kDelete, key, ""}};
  if (rests_) {
    change.transaction.ops.push_back({StoreOp::Type::kPut, RestKey(entry_->address),
                                      EncodeRest({entry_->address, params_.owner, now.wall})});
  }
  return change;
}

void Release::Apply(LeaseState* state, int64_t) {
  Pool& pool = state->pools[entry_->pool];
  if (rests_) {
    pool.Rest(entry_->address, params_.owner, rests_until_);
  } else {
    pool.Free(entry_->address);
  }
  pool.CountLease(-1);
  state->index.Remove(entry_);
}

void Release::Undo(LeaseState*) { entry_->pending = false; }

}  // namespace

std::unique_ptr<Mutation> MakeRelease(ReleaseParams params, OutcomeCallback done) {
  return std::make_unique<Release>(std::move(params), std::move(done));
}

}  // namespace mpd::ipam
