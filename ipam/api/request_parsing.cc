#include "ipam/api/request_parsing.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/digest.h"
#include "common/base/status.h"
#include "common/base/timestamps.h"
#include "common/types/field_path.h"
#include "common/types/names.h"

namespace mpd::ipam {
namespace {

constexpr size_t kMaxPoolName = 40;

// `path` is the field's, for the error; so below.
absl::StatusOr<std::string> ParseOwner(absl::string_view path, const std::string& text) {
  const auto owner = Owner::Parse(text);
  if (!owner.ok()) return AtField(path, owner.status());
  return owner->value();
}

absl::StatusOr<Ipv4Address> ParseAddress(const std::string& text) {
  const auto address = Ipv4Address::Parse(text);
  if (!address.ok()) return AtField("address", address.status());
  return *address;
}

absl::StatusOr<std::vector<std::string>> ParseHostnames(
    absl::string_view path, const google::protobuf::RepeatedPtrField<std::string>& texts) {
  if (texts.size() > kMaxHostnames) {
    return InvalidField(path, absl::StrCat(texts.size(), " names"),
                        absl::StrCat("a lease has at most ", kMaxHostnames));
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < texts.size(); ++i) {
    const std::string& text = texts[i];
    absl::Status valid = Hostname::Parse(text).status();
    if (valid.ok() && !seen.insert(text).second) {
      valid = InvalidField("hostname", text, "stands there twice");
    }
    if (!valid.ok()) return AtField(absl::StrCat(path, "[", i, "]"), valid);
  }
  return std::vector<std::string>(texts.begin(), texts.end());
}

std::string Fingerprint(const google::protobuf::Message& request) {
  std::string bytes = absl::StrCat(request.GetTypeName(), "\n");
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return Sha256(bytes);
}

template <typename Request>
absl::StatusOr<RequestKey> ParseRequestKey(const Request& request) {
  if (request.request_id().empty()) return RequestKey{};
  ASSIGN_OR_RETURN(const RequestId id, RequestId::Parse(request.request_id()));
  Request content = request;
  content.clear_request_id();
  return RequestKey{id.value(), Fingerprint(content)};
}

}  // namespace

absl::StatusOr<AllocateParams> ParseAllocate(const v1::AllocateAddressRequest& request) {
  AllocateParams params;
  ASSIGN_OR_RETURN(params.owner, ParseOwner("owner", request.owner()));
  if (request.pool().empty() || request.pool().size() > kMaxPoolName) {
    return InvalidField("pool", request.pool(), "must be the name of a pool, as ListPools shows");
  }
  params.pool = request.pool();
  if (!request.address().empty()) {
    ASSIGN_OR_RETURN(params.address, ParseAddress(request.address()));
  }
  ASSIGN_OR_RETURN(params.hostnames, ParseHostnames("hostnames", request.hostnames()));
  ASSIGN_OR_RETURN(params.request, ParseRequestKey(request));
  return params;
}

absl::StatusOr<UpdateParams> ParseUpdate(const v1::UpdateLeaseRequest& request) {
  UpdateParams params;
  ASSIGN_OR_RETURN(params.owner, ParseOwner("lease.owner", request.lease().owner()));
  ASSIGN_OR_RETURN(params.hostnames,
                   ParseHostnames("lease.hostnames", request.lease().hostnames()));
  params.etag = request.etag().empty() ? request.lease().etag() : request.etag();
  if (!request.lease().etag().empty() && request.lease().etag() != params.etag) {
    return InvalidField("etag", request.etag(), "is another one than lease.etag");
  }
  ASSIGN_OR_RETURN(params.request, ParseRequestKey(request));
  return params;
}

absl::StatusOr<ReleaseParams> ParseRelease(const v1::ReleaseLeaseRequest& request) {
  ReleaseParams params;
  ASSIGN_OR_RETURN(params.owner, ParseOwner("owner", request.owner()));
  ASSIGN_OR_RETURN(params.request, ParseRequestKey(request));
  return params;
}

absl::StatusOr<std::variant<std::string, Ipv4Address>> ParseGet(
    const v1::GetLeaseRequest& request) {
  if (request.has_address()) {
    ASSIGN_OR_RETURN(const Ipv4Address address, ParseAddress(request.address()));
    return address;
  }
  if (!request.has_owner()) return InvalidField("owner", "", "give an owner or an address");
  ASSIGN_OR_RETURN(std::string owner, ParseOwner("owner", request.owner()));
  return owner;
}

void FillLease(const Lease& lease, const std::string& store_id, v1::Lease* message) {
  message->set_owner(lease.owner);
  message->set_pool(lease.pool);
  message->set_address(lease.address.ToString());
  message->mutable_hostnames()->Assign(lease.hostnames.begin(), lease.hostnames.end());
  *message->mutable_create_time() = ToTimestamp(lease.create_time);
  message->set_revision(lease.revision);
  message->set_etag(LeaseEtag(store_id, lease.revision));
  message->set_store_id(store_id);
}

void FillPool(const PoolUsage& usage, v1::Pool* message) {
  message->set_name(usage.name);
  message->set_first_address(usage.first.ToString());
  message->set_last_address(usage.last.ToString());
  message->set_capacity(usage.capacity);
  message->set_used(usage.used);
  message->set_resting(usage.resting);
}

}  // namespace mpd::ipam
