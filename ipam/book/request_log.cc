#include "ipam/book/request_log.h"

#include <utility>

#include "absl/hash/hash.h"
#include "common/base/common_errors.h"
#include "common/base/status.h"
#include "ipam/leases/lease_errors.h"
#include "ipam/leases/lease_record.h"
#include "ipam/leases/store_scan.h"

namespace mpd::ipam {
namespace {

constexpr size_t kDeletesAtOnce = 512;

uint64_t HashOf(absl::string_view id) { return absl::Hash<absl::string_view>()(id); }

absl::string_view IdOf(const KeyValue& record) {
  return absl::string_view(record.key).substr(kRequestPrefix.size());
}

}  // namespace

absl::Status RequestLog::Load() {
  return ScanStore(store_, kRequestPrefix, 0, [this](const KeyValue& kv) {
    MutexLock lock(&mutex_);
    known_.insert(HashOf(IdOf(kv)));
    return absl::OkStatus();
  });
}

bool RequestLog::MayKnow(const std::string& id) const {
  MutexLock lock(&mutex_);
  return known_.contains(HashOf(id));
}

void RequestLog::Add(const std::string& id) {
  MutexLock lock(&mutex_);
  known_.insert(HashOf(id));
}

void RequestLog::Remove(const std::string& id) {
  MutexLock lock(&mutex_);
  known_.erase(HashOf(id));
}

void RequestLog::Attach(const RequestKey& request, const Outcome& outcome, absl::Time now,
                        StoreTransaction* transaction) {
  const std::string key = RequestRecordKey(request.id);
  transaction->compares.push_back({key, 0});
  transaction->ops.push_back(
      {StoreOp::Type::kPut, key, EncodeRequest({request.fingerprint, now, outcome})});
}

absl::StatusOr<std::optional<Outcome>> RequestLog::Find(const RequestKey& request) const {
  RangeRequest range;
  range.prefix = RequestRecordKey(request.id);
  range.limit = 1;
  ASSIGN_OR_RETURN(const RangeResponse found, store_->Range(range));
  // The key of a longer id may have this prefix too, but the id's own key sorts first.
  if (found.kvs.empty() || found.kvs[0].key != range.prefix) return std::nullopt;
  ASSIGN_OR_RETURN(RequestRecord record, DecodeRequest(found.kvs[0]));
  if (record.fingerprint != request.fingerprint) return CommonErrors::RequestIdReused(request.id);
  return std::move(record.outcome);
}

absl::Status RequestLog::Sweep(absl::Time now) {
  std::vector<KeyValue> expired;
  RETURN_IF_ERROR(ScanStore(store_, kRequestPrefix, 0, [&](const KeyValue& kv) -> absl::Status {
    ASSIGN_OR_RETURN(const RequestRecord record, DecodeRequest(kv));
    if (now - record.time <= kRequestKeepTime) return absl::OkStatus();
    expired.push_back({kv.key, "", kv.create_revision, kv.mod_revision});
    if (expired.size() < kDeletesAtOnce) return absl::OkStatus();
    return DeleteRecords(std::exchange(expired, {}));
  }));
  return expired.empty() ? absl::OkStatus() : DeleteRecords(expired);
}

absl::Status RequestLog::DeleteRecords(const std::vector<KeyValue>& records) {
  StoreTransaction transaction;
  for (const KeyValue& record : records) {
    transaction.compares.push_back({record.key, record.mod_revision});
    transaction.ops.push_back({StoreOp::Type::kDelete, record.key, ""});
  }
  ASSIGN_OR_RETURN(const CommitResponse committed, store_->CommitAndWait(std::move(transaction)));
  // One of them was changed or deleted meanwhile; the next sweep deletes the others.
  if (!committed.succeeded) return absl::OkStatus();
  for (const KeyValue& record : records) Remove(std::string(IdOf(record)));
  return absl::OkStatus();
}

}  // namespace mpd::ipam
