#include "ipam/history/client.h"

#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "ipam/history/channel.h"

namespace mpd::ipam {
namespace {

constexpr int kOwnOwners = 2;
constexpr int kSharedOwners = 8;
constexpr int kContestedNames = 16;
constexpr size_t kRepeatable = 8;
constexpr auto kAttempt = std::chrono::seconds(2);
// The longest pause between two calls. It keeps the log of a long run small.
constexpr int kPauseMicroseconds = 60'000;

// Whether the error tells for certain that nothing was changed.
bool IsRefusal(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  return reason == "HOSTNAME_TAKEN" || reason == "POOL_EXHAUSTED" || reason == "LEASE_NOT_FOUND";
}

}  // namespace

HistoryClient::HistoryClient(int number, uint32_t seed, const std::string& address)
    : number_(number), stub_(Connect(address)), random_(seed) {}

int HistoryClient::Random(int count) {
  return std::uniform_int_distribution<int>(0, count - 1)(random_);
}

void HistoryClient::Run(const std::atomic<bool>& stop, absl::Duration grace) {
  while (!stop) {
    SeenCall call = NextCall();
    absl::Time give_up = absl::InfiniteFuture();
    for (int attempts = 1; !Attempt(&call); ++attempts) {
      if (attempts == 1) ++retried_;
      if (stop && give_up == absl::InfiniteFuture()) give_up = absl::Now() + grace;
      if (absl::Now() > give_up) break;
    }
    if (call.result == SeenCall::Result::kOk && !call.request_id.empty() && !call.repeat) {
      repeatable_.push_back(call);
      if (repeatable_.size() > kRepeatable) repeatable_.erase(repeatable_.begin());
    }
    calls_.push_back(std::move(call));
    std::this_thread::sleep_for(std::chrono::microseconds(Random(kPauseMicroseconds)));
  }
}

SeenCall HistoryClient::NextCall() {
  SeenCall call;
  if (!repeatable_.empty() && Random(10) == 0) {
    call = repeatable_[static_cast<size_t>(Random(static_cast<int>(repeatable_.size())))];
    call.repeat = true;
    call.result = SeenCall::Result::kUnanswered;
    return call;
  }
  call.client = number_;
  call.shared = Random(5) == 0;
  call.owner = call.shared ? absl::StrCat("runtime/shared", Random(kSharedOwners))
                           : absl::StrCat("db/c", number_, "-", Random(kOwnOwners));
  const int what = Random(10);
  if (what == 0 && !call.shared) return call;  // a read
  call.type = what < 5   ? SeenCall::Type::kAllocate
              : what < 8 ? SeenCall::Type::kUpdate
                         : SeenCall::Type::kRelease;
  call.request_id = absl::StrCat("c", number_, "-", next_request_++);
  if (call.type != SeenCall::Type::kRelease) call.hostnames = NextHostnames(call);
  return call;
}

std::vector<std::string> HistoryClient::NextHostnames(const SeenCall& call) {
  const std::string own = call.owner.substr(call.owner.find('/') + 1);
  std::vector<std::string> hostnames = {own};
  if (Random(2) == 0) hostnames.push_back(absl::StrCat(own, ".", Random(1'000)));
  if (Random(4) == 0) hostnames.push_back(absl::StrCat("hot", Random(kContestedNames)));
  return hostnames;
}

bool HistoryClient::Attempt(SeenCall* call) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kAttempt);
  context.set_wait_for_ready(true);
  const absl::Status status = FromGrpcStatus(Send(&context, call));
  if (call->type == SeenCall::Type::kRead && ErrorReason(status) == "LEASE_NOT_FOUND") {
    call->result = SeenCall::Result::kOk;
    return true;
  }
  if (status.ok()) {
    call->result = SeenCall::Result::kOk;
  } else if (IsRefusal(status)) {
    call->result = SeenCall::Result::kRefused;
  }
  return call->result != SeenCall::Result::kUnanswered;
}

grpc::Status HistoryClient::Allocate(grpc::ClientContext* context, SeenCall* call) {
  v1::AllocateAddressRequest request;
  request.set_owner(call->owner);
  request.set_pool(call->shared ? "runtimes" : "databases");
  request.mutable_hostnames()->Assign(call->hostnames.begin(), call->hostnames.end());
  request.set_request_id(call->request_id);
  v1::Lease lease;
  const grpc::Status status = stub_->AllocateAddress(context, request, &lease);
  if (status.ok()) call->lease = Seen(lease);
  return status;
}

grpc::Status HistoryClient::Update(grpc::ClientContext* context, SeenCall* call) {
  v1::UpdateLeaseRequest request;
  v1::Lease* wanted = request.mutable_lease();
  wanted->set_owner(call->owner);
  wanted->mutable_hostnames()->Assign(call->hostnames.begin(), call->hostnames.end());
  request.set_request_id(call->request_id);
  v1::Lease lease;
  const grpc::Status status = stub_->UpdateLease(context, request, &lease);
  if (status.ok()) call->lease = Seen(lease);
  return status;
}

grpc::Status HistoryClient::Release(grpc::ClientContext* context, SeenCall* call) {
  v1::ReleaseLeaseRequest request;
  request.set_owner(call->owner);
  request.set_request_id(call->request_id);
  v1::ReleaseLeaseResponse response;
  const grpc::Status status = stub_->ReleaseLease(context, request, &response);
  call->revision = response.revision();
  return status;
}

grpc::Status HistoryClient::Read(grpc::ClientContext* context, SeenCall* call) {
  v1::GetLeaseRequest request;
  request.set_owner(call->owner);
  v1::Lease lease;
  const grpc::Status status = stub_->GetLease(context, request, &lease);
  if (status.ok()) call->lease = Seen(lease);
  return status;
}

grpc::Status HistoryClient::Send(grpc::ClientContext* context, SeenCall* call) {
  switch (call->type) {
    case SeenCall::Type::kAllocate:
      return Allocate(context, call);
    case SeenCall::Type::kUpdate:
      return Update(context, call);
    case SeenCall::Type::kRelease:
      return Release(context, call);
    case SeenCall::Type::kRead:
      return Read(context, call);
  }
  return grpc::Status(grpc::StatusCode::INTERNAL, "no such type of call");
}

}  // namespace mpd::ipam
