#include "gateway/api/identity_call.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/pki/identity_content.h"
#include "common/rpc/grpc_status.h"
#include "gateway/relay/method_table.h"
#include "gateway/relay/relay_errors.h"

namespace mpd::gateway {
namespace {

namespace ca = mpd::ca::v1;

// For each of the two calls of mpd-ca, which computes for less than a millisecond.
constexpr auto kPatience = std::chrono::seconds(5);

absl::Status TooManyIdentities() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("Already ", WorkerThread::kMaxQueue, " calls wait for an identity; try again"),
      "TOO_MANY_IDENTITIES", {{"limit", absl::StrCat(WorkerThread::kMaxQueue)}});
}

class IdentityCall : public std::enable_shared_from_this<IdentityCall> {
 public:
  IdentityCall(const IdentityDeps& deps, mpd::gateway::v1::Status status,
               const mpd::gateway::v1::GetIdentityRequest* request,
               mpd::gateway::v1::GetIdentityResponse* response,
               std::function<void(absl::Status)> done)
      : deps_(deps),
        status_(std::move(status)),
        request_(request),
        response_(response),
        done_(std::move(done)) {}

  void AskForTrust() {
    trust_context_.set_deadline(std::chrono::system_clock::now() + kPatience);
    deps_.ca->async()->GetTrust(&trust_context_, &trust_request_, &trust_,
                                [self = shared_from_this()](const grpc::Status& status) {
                                  if (!status.ok()) return self->Fail(status);
                                  self->DescribeOnWorker();
                                });
  }

 private:
  void DescribeOnWorker() {
    const bool taken = deps_.worker->Post([self = shared_from_this()] { self->Describe(); });
    if (!taken) done_(TooManyIdentities());
  }

  void Describe() {
    const auto identity = deps_.identity->Describe(status_, trust_.anchor_fingerprint());
    if (!identity.ok()) return done_(identity.status());
    signing_.set_nonce(request_->nonce());
    signing_.set_identity(identity->SerializeAsString());
    signing_context_.set_deadline(std::chrono::system_clock::now() + kPatience);
    deps_.ca->async()->SignIdentity(&signing_context_, &signing_, &signed_,
                                    [self = shared_from_this()](const grpc::Status& status) {
                                      if (!status.ok()) return self->Fail(status);
                                      self->Answer();
                                    });
  }

  void Answer() {
    response_->set_identity(signing_.identity());
    response_->set_signature(signed_.signature());
    response_->set_signature_algorithm(signed_.signature_algorithm());
    response_->set_certificate(signed_.certificate());
    done_(absl::OkStatus());
  }

  void Fail(const grpc::Status& status) {
    const absl::Status error = FromGrpcStatus(status);
    const bool is_away = absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error);
    done_(is_away ? RelayErrors::BackendUnavailable(ComponentName(Backend::kCa)) : error);
  }

  const IdentityDeps deps_;
  const mpd::gateway::v1::Status status_;
  const mpd::gateway::v1::GetIdentityRequest* const request_;
  mpd::gateway::v1::GetIdentityResponse* const response_;
  const std::function<void(absl::Status)> done_;
  grpc::ClientContext trust_context_;
  const ca::GetTrustRequest trust_request_;
  ca::Trust trust_;
  grpc::ClientContext signing_context_;
  ca::SignIdentityRequest signing_;
  ca::SignIdentityResponse signed_;
};

}  // namespace

void GetIdentity(const IdentityDeps& deps, mpd::gateway::v1::Status status,
                 const mpd::gateway::v1::GetIdentityRequest* request,
                 mpd::gateway::v1::GetIdentityResponse* response,
                 std::function<void(absl::Status)> done) {
  if (!IsNonce(request->nonce())) {
    return done(InvalidField("nonce", absl::StrCat("of ", request->nonce().size(), " bytes"),
                             "send 16 to 64 random bytes"));
  }
  std::make_shared<IdentityCall>(deps, std::move(status), request, response, std::move(done))
      ->AskForTrust();
}

}  // namespace mpd::gateway
