#include "container-manager/model/workload_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/base/status.h"
#include "common/base/timestamps.h"
#include "container-manager/model/workload_errors.h"

namespace mpd::containers {
namespace {

constexpr absl::string_view kWishPrefix = "wish/";
constexpr absl::string_view kObservedPrefix = "status/";
constexpr absl::string_view kRequestPrefix = "request/";
// Of one clean-up; the rest goes with the next.
constexpr int64_t kMaxForgotten = 500;

template <typename Message>
absl::Status Decode(const KeyValue& kv, Message* message) {
  if (message->ParseFromString(kv.value)) return absl::OkStatus();
  return WorkloadErrors::RecordDamaged(kv.key);
}

}  // namespace

std::string WorkloadStore::WishKey(const WorkloadId& id) {
  return absl::StrCat(kWishPrefix, id.Key());
}
std::string WorkloadStore::ObservedKey(const WorkloadId& id) {
  return absl::StrCat(kObservedPrefix, id.Key());
}
std::string WorkloadStore::RequestKey(const std::string& request_id) {
  return absl::StrCat(kRequestPrefix, request_id);
}

std::optional<WorkloadId> WorkloadStore::WorkloadOfKey(const std::string& key) {
  absl::string_view rest = key;
  if (!absl::ConsumePrefix(&rest, kWishPrefix) && !absl::ConsumePrefix(&rest, kObservedPrefix)) {
    return std::nullopt;
  }
  return WorkloadIdOfKey(rest);
}

absl::StatusOr<std::optional<KeyValue>> WorkloadStore::ReadKey(const std::string& key,
                                                               int64_t revision) const {
  RangeRequest request;
  request.prefix = key;
  request.revision = revision;
  request.limit = 1;  // the key itself comes before all that it is a prefix of
  ASSIGN_OR_RETURN(RangeResponse response, store_->Range(request));
  if (response.kvs.empty() || response.kvs.front().key != key) return std::nullopt;
  return std::move(response.kvs.front());
}

absl::StatusOr<WorkloadRecord> WorkloadStore::Read(const WorkloadId& id, int64_t revision) const {
  WorkloadRecord record;
  record.id = id;
  record.store_id = store_->store_id();
  ASSIGN_OR_RETURN(const auto wish, ReadKey(WishKey(id), revision));
  ASSIGN_OR_RETURN(const auto observed, ReadKey(ObservedKey(id), revision));
  if (wish) {
    record.wish_revision = wish->mod_revision;
    RETURN_IF_ERROR(Decode(*wish, &record.wish));
  }
  if (observed) {
    record.observed_revision = observed->mod_revision;
    RETURN_IF_ERROR(Decode(*observed, &record.observed));
  }
  return record;
}

absl::StatusOr<EnvironmentRecord> WorkloadStore::ReadEnvironment(int64_t revision) const {
  EnvironmentRecord record;
  ASSIGN_OR_RETURN(const auto kv, ReadKey(kEnvironmentKey, revision));
  if (!kv) return record;
  stored::EnvironmentWish wish;
  RETURN_IF_ERROR(Decode(*kv, &wish));
  record.requested = wish.requested_state();
  if (wish.has_stop_time()) {
    record.stop_time = FromTimestamp(wish.stop_time());
  }
  record.revision = kv->mod_revision;
  return record;
}

absl::StatusOr<WorkloadList> WorkloadStore::ReadAll(int64_t revision) const {
  WorkloadList list;
  RangeRequest request;
  request.prefix = std::string(kWishPrefix);
  request.revision = revision;
  ASSIGN_OR_RETURN(const RangeResponse wishes, store_->Range(request));
  list.revision = wishes.revision;
  list.store_id = store_->store_id();
  for (const KeyValue& kv : wishes.kvs) {
    const auto id = WorkloadOfKey(kv.key);
    if (!id) continue;
    WorkloadRecord& record = list.workloads[*id];
    record.id = *id;
    record.store_id = list.store_id;
    record.wish_revision = kv.mod_revision;
    RETURN_IF_ERROR(Decode(kv, &record.wish));
  }
  request.prefix = std::string(kObservedPrefix);
  request.revision = list.revision;
  ASSIGN_OR_RETURN(const RangeResponse statuses, store_->Range(request));
  for (const KeyValue& kv : statuses.kvs) {
    const auto id = WorkloadOfKey(kv.key);
    const auto it = id ? list.workloads.find(*id) : list.workloads.end();
    if (it == list.workloads.end()) continue;
    it->second.observed_revision = kv.mod_revision;
    RETURN_IF_ERROR(Decode(kv, &it->second.observed));
  }
  ASSIGN_OR_RETURN(list.environment, ReadEnvironment(list.revision));
  return list;
}

absl::StatusOr<std::optional<AnsweredRecord>> WorkloadStore::ReadRequest(
    const std::string& request_id) const {
  ASSIGN_OR_RETURN(const auto kv, ReadKey(RequestKey(request_id), 0));
  if (!kv) return std::nullopt;
  AnsweredRecord record;
  record.revision = kv->mod_revision;
  RETURN_IF_ERROR(Decode(*kv, &record.answered));
  return record;
}

void WorkloadStore::CommitObserved(const WorkloadRecord& record, CommitCallback done) {
  StoreTransaction transaction;
  transaction.compares.push_back({WishKey(record.id), record.wish_revision});
  transaction.ops.push_back(
      {StoreOp::Type::kPut, ObservedKey(record.id), record.observed.SerializeAsString()});
  store_->Commit(std::move(transaction), std::move(done));
}

void WorkloadStore::CommitGone(const WorkloadRecord& record, CommitCallback done) {
  StoreTransaction transaction;
  transaction.compares.push_back({WishKey(record.id), record.wish_revision});
  transaction.ops.push_back({StoreOp::Type::kDelete, WishKey(record.id), ""});
  transaction.ops.push_back({StoreOp::Type::kDelete, ObservedKey(record.id), ""});
  store_->Commit(std::move(transaction), std::move(done));
}

void WorkloadStore::ForgetRequests(absl::Time before, CommitCallback done) {
  RangeRequest request;
  request.prefix = std::string(kRequestPrefix);
  const auto response = store_->Range(request);
  StoreTransaction transaction;
  if (response.ok()) {
    for (const KeyValue& kv : response->kvs) {
      stored::AnsweredRequest answered;
      const bool readable = answered.ParseFromString(kv.value);
      if (readable && FromTimestamp(answered.time()) >= before) continue;
      transaction.compares.push_back({kv.key, kv.mod_revision});
      transaction.ops.push_back({StoreOp::Type::kDelete, kv.key, ""});
      if (transaction.ops.size() >= kMaxForgotten) break;
    }
  }
  store_->Commit(std::move(transaction), std::move(done));
}

}  // namespace mpd::containers
