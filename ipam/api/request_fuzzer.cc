// Any bytes that gRPC takes for a request become checked values or INVALID_FIELD. The first byte
// chooses the method, the rest is the message.
#include <cstdint>
#include <set>
#include <string>

#include "absl/strings/str_split.h"
#include "common/testing/fuzz_check.h"
#include "common/types/names.h"
#include "ipam/api/request_parsing.h"

namespace mpd::ipam {
namespace {

constexpr size_t kFingerprint = 32;

void CheckOwner(const std::string& owner) { FUZZ_CHECK(Owner::Parse(owner).ok()); }

void CheckHostnames(const std::vector<std::string>& hostnames) {
  FUZZ_CHECK(hostnames.size() <= kMaxHostnames);
  std::set<std::string> seen;
  for (const std::string& hostname : hostnames) {
    FUZZ_CHECK(Hostname::Parse(hostname).ok());
    FUZZ_CHECK(seen.insert(hostname).second);
  }
}

void CheckRequestKey(const RequestKey& key, const std::string& request_id) {
  FUZZ_CHECK(key.id == request_id);
  FUZZ_CHECK(key.fingerprint.size() == (request_id.empty() ? 0 : kFingerprint));
}

void Check(const AllocateParams& params, const v1::AllocateAddressRequest& request) {
  CheckOwner(params.owner);
  FUZZ_CHECK(!params.pool.empty());
  FUZZ_CHECK(params.address.has_value() == !request.address().empty());
  FUZZ_CHECK(!params.address || params.address->ToString() == request.address());
  CheckHostnames(params.hostnames);
  CheckRequestKey(params.request, request.request_id());
}

void Check(const UpdateParams& params, const v1::UpdateLeaseRequest& request) {
  CheckOwner(params.owner);
  CheckHostnames(params.hostnames);
  // The lease may bring its own; two that differ are refused.
  const std::string& own = request.lease().etag();
  FUZZ_CHECK(params.etag == (request.etag().empty() ? own : request.etag()));
  FUZZ_CHECK(own.empty() || params.etag == own);
  CheckRequestKey(params.request, request.request_id());
}

void Check(const ReleaseParams& params, const v1::ReleaseLeaseRequest& request) {
  CheckOwner(params.owner);
  CheckRequestKey(params.request, request.request_id());
}

void Check(const std::variant<std::string, Ipv4Address>& key, const v1::GetLeaseRequest& request) {
  if (const auto* owner = std::get_if<std::string>(&key)) {
    CheckOwner(*owner);
  } else {
    FUZZ_CHECK(std::get<Ipv4Address>(key).ToString() == request.address());
  }
}

// "lease.hostnames[1]" of this message.
bool IsPath(const google::protobuf::Message& message, absl::string_view path) {
  const google::protobuf::Descriptor* type = message.GetDescriptor();
  for (absl::string_view step : absl::StrSplit(path, '.')) {
    if (type == nullptr) return false;
    const absl::string_view name = step.substr(0, step.find('['));
    const google::protobuf::FieldDescriptor* field = type->FindFieldByName(std::string(name));
    if (field == nullptr || (name != step && !field->is_repeated())) return false;
    type = field->message_type();
  }
  return true;
}

template <typename Request, typename Params>
void Try(absl::StatusOr<Params> (*parse)(const Request&), const std::string& bytes) {
  Request request;
  if (!request.ParseFromString(bytes)) return;  // gRPC refuses it
  const absl::StatusOr<Params> params = parse(request);
  if (params.ok()) {
    Check(*params, request);
  } else {
    CheckRefusal(params.status(), absl::StatusCode::kInvalidArgument, "INVALID_FIELD");
    FUZZ_CHECK(IsPath(request, ErrorMetadataValue(params.status(), "field")));
  }
}

}  // namespace
}  // namespace mpd::ipam

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      mpd::ipam::Try(mpd::ipam::ParseAllocate, bytes);
      break;
    case 1:
      mpd::ipam::Try(mpd::ipam::ParseUpdate, bytes);
      break;
    case 2:
      mpd::ipam::Try(mpd::ipam::ParseRelease, bytes);
      break;
    default:
      mpd::ipam::Try(mpd::ipam::ParseGet, bytes);
  }
  return 0;
}
