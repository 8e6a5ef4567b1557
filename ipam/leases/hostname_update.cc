#include "ipam/leases/lease_errors.h"
#include "ipam/leases/lease_record.h"
#include "ipam/leases/mutation.h"

namespace mpd::ipam {
namespace {

class HostnameUpdate final : public Mutation {
 public:
  HostnameUpdate(UpdateParams params, OutcomeCallback done)
      : Mutation(std::move(params.request), std::move(done)), params_(std::move(params)) {}

  Decision Decide(LeaseState* state, Moment now) override;
  void Apply(LeaseState* state, int64_t revision) override;
  void Undo(LeaseState* state) override;
  const std::string& owner() const override { return params_.owner; }

 private:
  UpdateParams params_;
  LeaseEntry* entry_ = nullptr;
};

Decision HostnameUpdate::Decide(LeaseState* state, Moment) {
  LeaseEntry* const entry = state->index.FindOwner(params_.owner);
  if (entry == nullptr) return LeaseErrors::LeaseNotFound(params_.owner);
  if (entry->pending) return Blocked{entry};
  const std::string etag = LeaseEtag(state->store_id, entry->revision);
  if (!params_.etag.empty() && params_.etag != etag) {
    return LeaseErrors::EtagMismatch(params_.owner, params_.etag, etag);
  }
  Lease lease = state->ToLease(*entry);
  if (lease.hostnames == params_.hostnames) return Unchanged{{lease, entry->revision}};
  for (const std::string& hostname : params_.hostnames) {
    const LeaseEntry* holder = state->index.FindHostname(hostname);
    if (holder == nullptr || holder == entry) continue;
    if (holder->pending) return Blocked{holder};
    return LeaseErrors::HostnameTaken(hostname, holder->owner);
  }
  entry_ = entry;
  entry_->pending = true;
  state->index.ReserveHostnames(entry_, params_.hostnames);
  lease.hostnames = params_.hostnames;
  lease.revision = 0;
  Change change{.entry = entry_, .transaction = {}, .outcome = {std::move(lease), 0}};
  const std::string key = LeaseKey(params_.owner);
  change.transaction.compares = {{key, entry_->revision}};
  change.transaction.ops = {{StoreOp::Type::kPut, key, EncodeLease(*change.outcome.lease)}};
  return change;
}

void HostnameUpdate::Apply(LeaseState* state, int64_t revision) {
  state->index.ReplaceHostnames(entry_, std::move(params_.hostnames));
  entry_->revision = revision;
  entry_->pending = false;
}

void HostnameUpdate::Undo(LeaseState* state) {
  state->index.DropReserved(params_.hostnames);
  entry_->pending = false;
}

}  // namespace

std::unique_ptr<Mutation> MakeHostnameUpdate(UpdateParams params, OutcomeCallback done) {
  return std::make_unique<HostnameUpdate>(std::move(params), std::move(done));
}

}  // namespace mpd::ipam
