#include "ipam/maintenance/fsck.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/types/names.h"
#include "ipam/leases/lease_record.h"
#include "ipam/leases/lease_state.h"

namespace mpd::ipam {
namespace {

constexpr size_t kFingerprintBytes = 32;
// A badly damaged file could give millions of findings. After these one more says that there were
// others.
constexpr size_t kMaxFindings = 1'000;

// Fills the report with what the store's check comes across.
class RecordCheck : public StoreVisitor {
 public:
  RecordCheck(const Config* config, FsckReport* report) : config_(config), report_(report) {
    if (config_ == nullptr) return;
    for (const PoolConfig& pool : config_->pools) pools_.pools.emplace_back(pool);
  }

  void OnFinding(absl::string_view finding) override { Damage(std::string(finding)); }
  void OnState(const StoreState& state) override {
    state_ = state;
    report_->revision = state.revision;
  }
  void OnRow(const StoreLogRow& row) override {
    if (absl::StartsWith(row.key, kLeasePrefix)) {
      lease_rows_.emplace(std::string(row.key), row.revision);
    }
  }
  void OnValue(const KeyValue& kv) override {
    if (absl::StartsWith(kv.key, kLeasePrefix)) return CheckLease(kv);
    if (absl::StartsWith(kv.key, kRestPrefix)) return CheckRest(kv);
    if (absl::StartsWith(kv.key, kRequestPrefix)) return CheckRequest(kv);
    Damage(absl::StrCat("key \"", Printable(kv.key), "\" is of no known kind"));
  }

 private:
  void Damage(std::string text) { Add(Finding::Kind::kDamage, std::move(text)); }
  void Add(Finding::Kind kind, std::string text) {
    if (report_->findings.size() < kMaxFindings) {
      report_->findings.push_back({kind, std::move(text)});
    } else if (report_->findings.size() == kMaxFindings) {
      report_->findings.push_back({kind, "and more, which are not listed"});
    }
  }

  void CheckLease(const KeyValue& kv);
  void CheckAgainstPools(const Lease& lease);
  void CheckRest(const KeyValue& kv);
  void CheckRequest(const KeyValue& kv);

  const Config* const config_;
  FsckReport* const report_;
  StoreState state_;
  LeaseState pools_;
  absl::flat_hash_map<Ipv4Address, std::string> owner_of_address_;
  absl::flat_hash_map<std::string, std::string> owner_of_hostname_;
  absl::flat_hash_set<std::pair<std::string, int64_t>> lease_rows_;
};

void RecordCheck::CheckLease(const KeyValue& kv) {
  ++report_->leases;
  const absl::StatusOr<Lease> lease = DecodeLease(kv);
  if (!lease.ok()) return Damage(std::string(lease.status().message()));
  const std::string where = Printable(kv.key);
  if (!Owner::Parse(lease->owner).ok()) Damage(absl::StrCat(where, ": its owner is none"));
  if (lease->pool.empty()) Damage(absl::StrCat(where, ": it is of no pool"));
  if (lease->create_time <= absl::UnixEpoch()) {
    Damage(absl::StrCat(where, ": it has no time of creation"));
  }
  const auto address = owner_of_address_.emplace(lease->address, lease->owner);
  if (!address.second) {
    Damage(absl::StrCat(where, ": its address ", lease->address.ToString(), " is leased to ",
                        Printable(address.first->second), " too"));
  }
  for (const std::string& hostname : lease->hostnames) {
    if (!Hostname::Parse(hostname).ok()) {
      Damage(absl::StrCat(where, ": \"", Printable(hostname), "\" is no hostname"));
    }
    const auto owner = owner_of_hostname_.emplace(hostname, lease->owner);
    if (!owner.second) {
      Damage(absl::StrCat(where, ": its hostname ", Printable(hostname), " belongs to ",
                          Printable(owner.first->second), " too"));
    }
  }
  if (config_ != nullptr) CheckAgainstPools(*lease);
}

void RecordCheck::CheckAgainstPools(const Lease& lease) {
  const std::string problem = Contradiction(pools_, lease);
  if (problem.empty()) return;
  Add(Finding::Kind::kContradiction,
      absl::StrCat("the lease of ", Printable(lease.owner), " at ", lease.address.ToString(),
                   " in pool ", Printable(lease.pool), ": ", problem));
}

void RecordCheck::CheckRest(const KeyValue& kv) {
  ++report_->resting;
  const absl::StatusOr<RestRecord> rest = DecodeRest(kv);
  if (!rest.ok()) return Damage(std::string(rest.status().message()));
  const std::string where = Printable(kv.key);
  if (RestKey(rest->address) != kv.key) Damage(absl::StrCat(where, ": its key is not its address"));
  if (!Owner::Parse(rest->owner).ok()) Damage(absl::StrCat(where, ": its owner is none"));
  if (rest->release_time <= absl::UnixEpoch()) {
    Damage(absl::StrCat(where, ": it has no time of release"));
  }
  // All leases have been visited before, because their keys sort before those of rests.
  const auto owner = owner_of_address_.find(rest->address);
  if (owner != owner_of_address_.end()) {
    Damage(absl::StrCat(where, ": ", rest->address.ToString(), " is leased to ",
                        Printable(owner->second), ", so it can't rest"));
  }
}

void RecordCheck::CheckRequest(const KeyValue& kv) {
  ++report_->requests;
  const absl::StatusOr<RequestRecord> request = DecodeRequest(kv);
  if (!request.ok()) return Damage(std::string(request.status().message()));
  const std::string where = Printable(kv.key);
  const absl::string_view id = absl::string_view(kv.key).substr(kRequestPrefix.size());
  if (!RequestId::Parse(id).ok()) Damage(absl::StrCat(where, ": its id is none"));
  if (request->fingerprint.size() != kFingerprintBytes) {
    Damage(absl::StrCat(where, ": its fingerprint is none"));
  }
  if (request->time <= absl::UnixEpoch()) Damage(absl::StrCat(where, ": it has no time"));
  const int64_t revision = request->outcome.revision;
  if (revision < 0 || revision > kv.mod_revision) {
    Damage(absl::StrCat(where, ": it was answered with revision ", revision, " at revision ",
                        kv.mod_revision));
  }
  const std::optional<Lease>& lease = request->outcome.lease;
  if (!lease || revision <= state_.compact_revision) return;
  if (!lease_rows_.contains({LeaseKey(lease->owner), revision})) {
    Damage(absl::StrCat(where, ": it was answered with the lease of ", Printable(lease->owner),
                        " at revision ", revision, ", which the log does not have"));
  }
}

}  // namespace

absl::StatusOr<FsckReport> Fsck(StoreTools* store, const Config* config) {
  FsckReport report;
  RecordCheck check(config, &report);
  const absl::Status read = store->Check(&check);
  if (!read.ok() && !absl::IsDataLoss(read)) return read;
  report.complete = read.ok();
  return report;
}

}  // namespace mpd::ipam
