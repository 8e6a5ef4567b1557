#include "gateway/ca/api/ca_service.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/timestamps.h"
#include "common/pki/identity_content.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/paging.h"
#include "common/rpc/unary_handler.h"

namespace mpd::ca {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

constexpr size_t kMaxIdentity = 64 << 10;

absl::Status TooManyCalls() {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat(WorkerThread::kMaxQueue, " calls wait already; try again"),
                   "TOO_MANY_CALLS", {{"limit", absl::StrCat(WorkerThread::kMaxQueue)}});
}

void FillTrust(const Trust& trust, v1::Trust* response) {
  response->set_anchor_certificate(trust.anchor_pem());
  response->set_anchor_fingerprint(absl::BytesToHexString(trust.anchor_digest()));
  response->set_signing_certificate(trust.signing_pem());
  response->set_signing_fingerprint(absl::BytesToHexString(trust.signing_digest()));
  *response->mutable_expire_time() = ToTimestamp(trust.not_after());
}

void FillIssued(const std::string& serial, const state::v1::IssuedRecord& record,
                v1::IssuedCertificate* response) {
  response->set_serial(serial);
  response->set_fingerprint(absl::BytesToHexString(record.fingerprint()));
  *response->mutable_not_before() = ToTimestamp(absl::FromUnixMicros(record.not_before_us()));
  *response->mutable_not_after() = ToTimestamp(absl::FromUnixMicros(record.not_after_us()));
  response->set_usage(record.usage());
  *response->mutable_subjects() = record.subjects();
}

// Sends the trust whenever another one counts.
class TrustSource final : public WatchSource<v1::WatchTrustResponse> {
 public:
  explicit TrustSource(const Authority* authority) : authority_(authority) {}

  absl::StatusOr<bool> Next(v1::WatchTrustResponse* message) override {
    const auto trust = authority_->trust();
    if (!trust.ok() || *trust == sent_) return false;
    sent_ = *trust;
    FillTrust(*sent_, message->mutable_trust());
    return true;
  }
  void Progress(v1::WatchTrustResponse* message) override {
    if (sent_ != nullptr) FillTrust(*sent_, message->mutable_trust());
  }

 private:
  const Authority* const authority_;
  std::shared_ptr<const Trust> sent_;
};

}  // namespace

ServerUnaryReactor* CaService::Do(CallbackServerContext* context,
                                  std::function<absl::Status()> job) {
  ServerUnaryReactor* const reactor = context->DefaultReactor();
  const bool taken =
      worker_->Post([reactor, job = std::move(job)] { reactor->Finish(ToGrpcStatus(job())); });
  if (!taken) reactor->Finish(ToGrpcStatus(TooManyCalls()));
  return reactor;
}

ServerUnaryReactor* CaService::GetTrust(CallbackServerContext* context, const v1::GetTrustRequest*,
                                        v1::Trust* response) {
  const auto trust = authority_->trust();
  if (trust.ok()) FillTrust(**trust, response);
  return FinishWith(context, trust.status());
}

grpc::ServerWriteReactor<v1::WatchTrustResponse>* CaService::WatchTrust(
    CallbackServerContext* context, const v1::WatchTrustRequest*) {
  return watches_->Start<v1::WatchTrustResponse>(std::make_unique<TrustSource>(authority_),
                                                 context);
}

absl::Status CaService::Record(const Issued& issued, const Trust& trust, const std::string& usage,
                               const std::vector<std::string>& subjects,
                               v1::IssuedCertificate* response) {
  state::v1::IssuedRecord record;
  record.set_usage(usage);
  for (const std::string& subject : subjects) record.add_subjects(subject);
  record.set_not_before_us(absl::ToUnixMicros(issued.not_before));
  record.set_not_after_us(absl::ToUnixMicros(issued.not_after));
  record.set_fingerprint(issued.digest);
  record.set_issuer_fingerprint(trust.signing_digest());
  RETURN_IF_ERROR(log_.Add(issued.serial, record));
  FillIssued(issued.serial, record, response);
  response->set_certificate_chain(issued.chain);
  return absl::OkStatus();
}

ServerUnaryReactor* CaService::SignServerCertificate(
    CallbackServerContext* context, const v1::SignServerCertificateRequest* request,
    v1::IssuedCertificate* response) {
  return Do(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::shared_ptr<const Trust> trust, authority_->trust());
    const std::vector<std::string> hosts(request->hosts().begin(), request->hosts().end());
    ASSIGN_OR_RETURN(const Issued issued,
                     trust->IssueServer(request->csr(), hosts, authority_->now()));
    return Record(issued, *trust, "server", hosts, response);
  });
}

ServerUnaryReactor* CaService::SignClientCertificate(
    CallbackServerContext* context, const v1::SignClientCertificateRequest* request,
    v1::IssuedCertificate* response) {
  return Do(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::shared_ptr<const Trust> trust, authority_->trust());
    ASSIGN_OR_RETURN(const Issued issued,
                     trust->IssueClient(request->csr(), request->name(), authority_->now()));
    return Record(issued, *trust, "client", {request->name()}, response);
  });
}

ServerUnaryReactor* CaService::SignIdentity(CallbackServerContext* context,
                                            const v1::SignIdentityRequest* request,
                                            v1::SignIdentityResponse* response) {
  return Do(context, [=, this]() -> absl::Status {
    if (!IsNonce(request->nonce())) {
      return InvalidField("nonce", absl::StrCat("of ", request->nonce().size(), " bytes"),
                          "send 16 to 64 random bytes");
    }
    const size_t size = request->identity().size();
    if (size == 0 || size > kMaxIdentity) {
      return InvalidField("identity", absl::StrCat("of ", size, " bytes"), "at most 64 KiB");
    }
    ASSIGN_OR_RETURN(const std::shared_ptr<const Trust> trust, authority_->trust());
    ASSIGN_OR_RETURN(Trust::Signature signature,
                     trust->Sign(IdentityContent(request->nonce(), request->identity())));
    response->set_signature(std::move(signature.bytes));
    response->set_signature_algorithm(std::move(signature.algorithm));
    response->set_certificate(trust->signing_pem());
    return absl::OkStatus();
  });
}

absl::Status CaService::List(const v1::ListIssuedRequest& request,
                             v1::ListIssuedResponse* response) {
  ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
  const Listing listing{"issued", store_->store_id(), store_->revision()};
  ASSIGN_OR_RETURN(const PageStart start, DecodePageToken(request.page_token(), listing));
  ASSIGN_OR_RETURN(const IssuedPage page,
                   log_.List(start.after, start.revision, static_cast<int64_t>(size)));
  const absl::Time now = authority_->now();
  for (const IssuedEntry& entry : page.entries) {
    if (absl::FromUnixMicros(entry.record.not_after_us()) <= now) continue;
    FillIssued(entry.serial, entry.record, response->add_certificates());
  }
  if (page.more) {
    response->set_next_page_token(
        EncodePageToken(listing, {page.revision, page.entries.back().serial}));
  }
  response->set_revision(page.revision);
  response->set_store_id(store_->store_id());
  return absl::OkStatus();
}

ServerUnaryReactor* CaService::ListIssued(CallbackServerContext* context,
                                          const v1::ListIssuedRequest* request,
                                          v1::ListIssuedResponse* response) {
  return Do(context, [=, this] { return List(*request, response); });
}

absl::Status CaService::Import(const v1::ImportTrustRequest& request,
                               v1::ImportTrustResponse* response) {
  if (request.root_certificate().empty()) {
    return InvalidField("root_certificate", "", "send the certificate that laptops trust, in PEM");
  }
  if (!request.signing_certificate().empty() && request.signing_key().empty()) {
    return InvalidField("signing_key", "", "send the key of signing_certificate, in PEM");
  }
  TrustFiles files;
  files.root_certificate = request.root_certificate();
  files.signing_certificate = request.signing_certificate();
  files.signing_key = request.signing_key();
  ASSIGN_OR_RETURN(const Authority::Imported imported, authority_->Import(std::move(files)));
  watches_->Wake();
  FillTrust(*imported.trust, response->mutable_trust());
  response->set_replaced_fingerprint(absl::BytesToHexString(imported.replaced_digest));
  ASSIGN_OR_RETURN(const int others,
                   log_.CountOfOthers(imported.trust->signing_digest(), authority_->now()));
  response->set_reissued(others);
  return absl::OkStatus();
}

ServerUnaryReactor* CaService::ImportTrust(CallbackServerContext* context,
                                           const v1::ImportTrustRequest* request,
                                           v1::ImportTrustResponse* response) {
  return Do(context, [=, this] { return Import(*request, response); });
}

}  // namespace mpd::ca
