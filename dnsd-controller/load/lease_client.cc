#include "dnsd-controller/load/lease_client.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/grpc_client.h"
#include "common/rpc/grpc_status.h"

namespace mpd::dnsd {
namespace {

void Limit(grpc::ClientContext* context, std::chrono::seconds limit) {
  context->set_deadline(std::chrono::system_clock::now() + limit);
  context->set_wait_for_ready(true);
}

constexpr std::chrono::seconds kCall(10);
constexpr std::chrono::seconds kWait(60);

}  // namespace

LeaseClient::LeaseClient(const std::string& ipam_socket, const std::string& dnsd_socket)
    : ipam_(ipam::v1::IpamService::NewStub(MakeLocalChannel(ipam_socket))),
      dnsd_(v1::DnsdControllerService::NewStub(MakeLocalChannel(dnsd_socket))) {}

absl::StatusOr<ipam::v1::Lease> LeaseClient::Allocate(const std::string& label) {
  grpc::ClientContext context;
  Limit(&context, kCall);
  ipam::v1::AllocateAddressRequest request;
  request.set_owner(absl::StrCat("runtime/", label));
  request.set_pool("runtimes");
  request.add_hostnames(absl::StrCat(label, ".runtime"));
  ipam::v1::Lease lease;
  RETURN_IF_ERROR(FromGrpcStatus(ipam_->AllocateAddress(&context, request, &lease)));
  Remember(lease.store_id());
  return lease;
}

absl::StatusOr<int64_t> LeaseClient::Release(const std::string& label) {
  grpc::ClientContext context;
  Limit(&context, kCall);
  ipam::v1::ReleaseLeaseRequest request;
  request.set_owner(absl::StrCat("runtime/", label));
  ipam::v1::ReleaseLeaseResponse response;
  RETURN_IF_ERROR(FromGrpcStatus(ipam_->ReleaseLease(&context, request, &response)));
  Remember(response.store_id());
  return response.revision();
}

void LeaseClient::Remember(const std::string& store_id) {
  MutexLock lock(&mutex_);
  store_id_ = store_id;
}

absl::Status LeaseClient::WaitForRevision(int64_t revision) {
  grpc::ClientContext context;
  Limit(&context, kWait);
  v1::WaitForRevisionRequest request;
  request.set_revision(revision);
  {
    MutexLock lock(&mutex_);
    request.set_store_id(store_id_);
  }
  v1::WaitForRevisionResponse response;
  return FromGrpcStatus(dnsd_->WaitForRevision(&context, request, &response));
}

absl::StatusOr<v1::Status> LeaseClient::ResolverStatus() {
  grpc::ClientContext context;
  Limit(&context, kCall);
  v1::Status status;
  RETURN_IF_ERROR(FromGrpcStatus(dnsd_->GetStatus(&context, {}, &status)));
  return status;
}

}  // namespace mpd::dnsd
