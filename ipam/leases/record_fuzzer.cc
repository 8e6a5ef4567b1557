// Feeds arbitrary keys and values to the decoders of records. Each must return a record or
// DAMAGED_RECORD, and a decoded record must stay the same when it is encoded and decoded again. In
// the input the key comes first and ends with a zero byte.
#include <cstdint>
#include <string>

#include "common/testing/fuzz_check.h"
#include "ipam/leases/lease_record.h"

namespace mpd::ipam {
namespace {

void Check(const absl::Status& status) {
  if (!status.ok()) CheckRefusal(status, absl::StatusCode::kDataLoss, "DAMAGED_RECORD");
}

void CheckLease(const KeyValue& kv) {
  const absl::StatusOr<Lease> lease = DecodeLease(kv);
  if (!lease.ok()) return Check(lease.status());
  FUZZ_CHECK(LeaseKey(lease->owner) == kv.key);
  const std::string encoded = EncodeLease(*lease);
  const absl::StatusOr<Lease> again = DecodeLease({kv.key, encoded, 1, kv.mod_revision});
  FUZZ_CHECK(again.ok() && EncodeLease(*again) == encoded);
  FUZZ_CHECK(again->hostnames == lease->hostnames && again->address == lease->address);
}

void CheckRest(const KeyValue& kv) {
  const absl::StatusOr<RestRecord> rest = DecodeRest(kv);
  if (!rest.ok()) return Check(rest.status());
  const std::string encoded = EncodeRest(*rest);
  const absl::StatusOr<RestRecord> again = DecodeRest({RestKey(rest->address), encoded, 1, 1});
  FUZZ_CHECK(again.ok() && EncodeRest(*again) == encoded && again->address == rest->address);
}

void CheckRequest(const KeyValue& kv) {
  const absl::StatusOr<RequestRecord> request = DecodeRequest(kv);
  if (!request.ok()) return Check(request.status());
  const std::string encoded = EncodeRequest(*request);
  const absl::StatusOr<RequestRecord> again = DecodeRequest({kv.key, encoded, 1, 1});
  FUZZ_CHECK(again.ok() && EncodeRequest(*again) == encoded);
}

}  // namespace
}  // namespace mpd::ipam

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const size_t end = bytes.find('\0');
  if (end == std::string::npos) return 0;
  const mpd::KeyValue kv = {bytes.substr(0, end), bytes.substr(end + 1), 1, 7};
  mpd::ipam::CheckLease(kv);
  mpd::ipam::CheckRest(kv);
  mpd::ipam::CheckRequest(kv);
  return 0;
}
