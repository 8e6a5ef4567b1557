#include "ipam/leases/lease_record.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "ipam/leases/lease_errors.h"
#include "mpd/ipam/state/v1/state.pb.h"

namespace mpd::ipam {
namespace {

constexpr size_t kStoreIdInEtag = 8;

template <typename Message>
absl::StatusOr<Message> ParseValue(const KeyValue& kv) {
  Message message;
  if (message.ParseFromString(kv.value)) return message;
  return LeaseErrors::DamagedRecord(kv.key, "its value can't be parsed");
}

absl::StatusOr<std::string> AfterPrefix(const KeyValue& kv, absl::string_view prefix) {
  absl::string_view rest = kv.key;
  if (absl::ConsumePrefix(&rest, prefix) && !rest.empty()) return std::string(rest);
  return LeaseErrors::DamagedRecord(kv.key, "its key is of another kind");
}

void FillLeaseRecord(const Lease& lease, state::v1::LeaseRecord* record) {
  record->set_pool(lease.pool);
  record->set_address(lease.address.bits());
  record->mutable_hostnames()->Assign(lease.hostnames.begin(), lease.hostnames.end());
  record->set_create_time_us(absl::ToUnixMicros(lease.create_time));
}

Lease LeaseFrom(std::string owner, const state::v1::LeaseRecord& record, int64_t revision) {
  Lease lease;
  lease.owner = std::move(owner);
  lease.pool = record.pool();
  lease.address = Ipv4Address(record.address());
  lease.hostnames.assign(record.hostnames().begin(), record.hostnames().end());
  lease.create_time = absl::FromUnixMicros(record.create_time_us());
  lease.revision = revision;
  return lease;
}

}  // namespace

std::string LeaseEtag(const std::string& store_id, int64_t revision) {
  return absl::StrCat(absl::string_view(store_id).substr(0, kStoreIdInEtag), "-", revision);
}

std::string LeaseKey(absl::string_view owner) { return absl::StrCat(kLeasePrefix, owner); }

std::string RestKey(Ipv4Address address) {
  return absl::StrCat(kRestPrefix, absl::Hex(address.bits(), absl::kZeroPad8));
}

std::string RequestRecordKey(absl::string_view request_id) {
  return absl::StrCat(kRequestPrefix, request_id);
}

std::string EncodeLease(const Lease& lease) {
  state::v1::LeaseRecord record;
  FillLeaseRecord(lease, &record);
  return record.SerializeAsString();
}

absl::StatusOr<Lease> DecodeLease(const KeyValue& kv) {
  ASSIGN_OR_RETURN(std::string owner, AfterPrefix(kv, kLeasePrefix));
  ASSIGN_OR_RETURN(const auto record, ParseValue<state::v1::LeaseRecord>(kv));
  return LeaseFrom(std::move(owner), record, kv.mod_revision);
}

std::string EncodeRest(const RestRecord& rest) {
  state::v1::RestRecord record;
  record.set_owner(rest.owner);
  record.set_release_time_us(absl::ToUnixMicros(rest.release_time));
  return record.SerializeAsString();
}

absl::StatusOr<RestRecord> DecodeRest(const KeyValue& kv) {
  ASSIGN_OR_RETURN(const std::string hex, AfterPrefix(kv, kRestPrefix));
  uint32_t bits = 0;
  if (!absl::SimpleHexAtoi(hex, &bits)) {
    return LeaseErrors::DamagedRecord(kv.key, "its key holds no address");
  }
  ASSIGN_OR_RETURN(const auto record, ParseValue<state::v1::RestRecord>(kv));
  return RestRecord{Ipv4Address(bits), record.owner(),
                    absl::FromUnixMicros(record.release_time_us())};
}

std::string EncodeRequest(const RequestRecord& request) {
  state::v1::RequestRecord record;
  record.set_fingerprint(request.fingerprint);
  record.set_time_us(absl::ToUnixMicros(request.time));
  record.set_revision(request.outcome.revision);
  if (const std::optional<Lease>& lease = request.outcome.lease) {
    record.set_owner(lease->owner);
    FillLeaseRecord(*lease, record.mutable_lease());
  }
  return record.SerializeAsString();
}

absl::StatusOr<RequestRecord> DecodeRequest(const KeyValue& kv) {
  ASSIGN_OR_RETURN(const auto record, ParseValue<state::v1::RequestRecord>(kv));
  RequestRecord request;
  request.fingerprint = record.fingerprint();
  request.time = absl::FromUnixMicros(record.time_us());
  request.outcome.revision = record.revision() != 0 ? record.revision() : kv.mod_revision;
  if (!record.owner().empty()) {
    request.outcome.lease = LeaseFrom(record.owner(), record.lease(), request.outcome.revision);
  }
  return request;
}

}  // namespace mpd::ipam
