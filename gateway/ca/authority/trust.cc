#include "gateway/ca/authority/trust.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/pki/certificates.h"
#include "gateway/ca/authority/certificate_builder.h"
#include "gateway/ca/authority/signing.h"

namespace mpd::ca {
namespace {

constexpr absl::Duration kLongestLife = absl::Hours(24 * 397);
// Clocks of laptops run behind.
constexpr absl::Duration kBackdated = absl::Hours(1);
constexpr absl::Duration kLeastLifeOfALeaf = absl::Hours(1);
constexpr size_t kMaxHosts = 100;
constexpr size_t kMaxRequest = 16 << 10;
// RFC 5280's upper bound of a common name.
constexpr size_t kMaxCommonName = 64;

absl::Status Internal(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", OpensslError()));
}

// Why it may not sign certificates; empty where it may.
std::string WhyNoCa(X509* certificate) {
  const uint32_t usage = X509_get_key_usage(certificate);
  if (usage != UINT32_MAX && (usage & KU_KEY_CERT_SIGN) == 0) {
    return "it may not sign certificates: keyUsage lacks keyCertSign";
  }
  if (X509_check_ca(certificate) != 1) return "it is no CA: basicConstraints does not say CA:TRUE";
  return "";
}

}  // namespace

absl::Status TrustErrors::Refused(absl::string_view certificate, absl::string_view problem) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat("the ", certificate, " certificate can't be used: ", problem),
                   "CERTIFICATE_REFUSED", {{"certificate", certificate}, {"problem", problem}});
}

absl::Status TrustErrors::Expires(absl::Time when) {
  const std::string time = absl::FormatTime(absl::RFC3339_sec, when, absl::UTCTimeZone());
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the VM's CA ends at ", time,
                                ", too soon to sign with it; import another (mpdctl trust import)"),
                   "CA_EXPIRES", {{"expire_time", time}});
}

absl::StatusOr<std::shared_ptr<const Trust>> Trust::Verify(const TrustFiles& files,
                                                           const Zone& zone, absl::Time now,
                                                           absl::Duration least_life) {
  std::shared_ptr<Trust> trust(new Trust(files, zone));
  RETURN_IF_ERROR(trust->Load());
  RETURN_IF_ERROR(trust->CheckLife(now, least_life));
  RETURN_IF_ERROR(trust->CheckByUse(now));
  return trust;
}

absl::Status Trust::Load() {
  absl::StatusOr<CertificatePtr> anchor = ParseCertificate(files_.root_certificate);
  if (!anchor.ok()) return TrustErrors::Refused("root", anchor.status().message());
  const bool root_signs = files_.signing_certificate.empty() && files_.signing_key.empty();
  const std::string& signing_text =
      root_signs ? files_.root_certificate : files_.signing_certificate;
  absl::StatusOr<CertificatePtr> signing = ParseCertificate(signing_text);
  if (!signing.ok()) return TrustErrors::Refused("signing", signing.status().message());
  absl::StatusOr<KeyPtr> key = ParsePrivateKey(root_signs ? files_.root_key : files_.signing_key);
  if (!key.ok()) {
    return TrustErrors::Refused("signing", absl::StrCat("its key ", key.status().message()));
  }
  anchor_ = *std::move(anchor);
  signing_ = *std::move(signing);
  key_ = *std::move(key);
  if (const std::string why = WhyNoCa(anchor_.get()); !why.empty()) {
    return TrustErrors::Refused("root", why);
  }
  if (const std::string why = WhyNoCa(signing_.get()); !why.empty()) {
    return TrustErrors::Refused("signing", why);
  }
  if (X509_check_private_key(signing_.get(), key_.get()) != 1) {
    ERR_clear_error();
    return TrustErrors::Refused("signing", "the key is another certificate's");
  }
  anchor_pem_ = CertificatePem(anchor_.get());
  signing_pem_ = CertificatePem(signing_.get());
  anchor_digest_ = CertificateDigest(anchor_.get());
  signing_digest_ = CertificateDigest(signing_.get());
  not_after_ = std::min(NotAfter(anchor_.get()), NotAfter(signing_.get()));
  return absl::OkStatus();
}

absl::Status Trust::CheckLife(absl::Time now, absl::Duration least_life) const {
  for (const auto& [name, certificate] :
       {std::pair("root", anchor_.get()), std::pair("signing", signing_.get())}) {
    const std::string end =
        absl::FormatTime("%Y-%m-%d", NotAfter(certificate), absl::UTCTimeZone());
    if (NotAfter(certificate) <= now) {
      return TrustErrors::Refused(name, absl::StrCat("it ended on ", end));
    }
    if (NotAfter(certificate) - least_life <= now) {
      return TrustErrors::Refused(name, absl::StrCat("it ends soon, on ", end));
    }
    if (NotBefore(certificate) > now + kBackdated) {
      return TrustErrors::Refused(name, "it is not valid yet: compare the clocks");
    }
  }
  return absl::OkStatus();
}

absl::Status Trust::CheckByUse(absl::Time now) const {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Internal("making a key");
  const Subject subject = {"", {absl::StrCat("probe.service.", zone_.value())}, "serverAuth"};
  ASSIGN_OR_RETURN(const CertificatePtr leaf, Build(key.get(), subject, now));
  return VerifyLeaf(leaf.get(), now);
}

absl::Status Trust::VerifyLeaf(X509* leaf, absl::Time at) const {
  const StorePtr store(X509_STORE_new());
  const VerificationPtr context(X509_STORE_CTX_new());
  if (store == nullptr || context == nullptr) return Internal("verifying");
  STACK_OF(X509)* const chain = sk_X509_new_null();
  if (chain == nullptr || sk_X509_push(chain, signing_.get()) <= 0 ||
      X509_STORE_add_cert(store.get(), anchor_.get()) != 1 ||
      X509_STORE_CTX_init(context.get(), store.get(), leaf, chain) != 1) {
    sk_X509_free(chain);
    return Internal("verifying");
  }
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), absl::ToTimeT(at));
  const bool valid = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(chain);
  ERR_clear_error();
  if (valid) return absl::OkStatus();
  if (error == X509_V_ERR_PERMITTED_VIOLATION || error == X509_V_ERR_EXCLUDED_VIOLATION) {
    return TrustErrors::Refused(
        "signing", absl::StrCat("its name constraints do not hold the zone ", zone_.value()));
  }
  return TrustErrors::Refused("signing",
                              absl::StrCat("what it signs does not verify with the root: ",
                                           X509_verify_cert_error_string(error)));
}

absl::Status Trust::CheckHost(const std::string& host) const {
  if (host == zone_.value()) return absl::OkStatus();
  const std::string suffix = absl::StrCat(".", zone_.value());
  if (!absl::EndsWith(host, suffix)) {
    return InvalidField("hosts", host, absl::StrCat("is not in the zone ", zone_.value()));
  }
  const auto relative = Hostname::Parse(host.substr(0, host.size() - suffix.size()));
  return relative.ok() ? absl::OkStatus() : InvalidField("hosts", host, "is no host name");
}

absl::StatusOr<Issued> Trust::IssueServer(absl::string_view request,
                                          const std::vector<std::string>& hosts,
                                          absl::Time now) const {
  if (hosts.empty() || hosts.size() > kMaxHosts) {
    return InvalidField("hosts", absl::StrCat(hosts.size(), " hosts"), "send 1 to 100");
  }
  for (const std::string& host : hosts) RETURN_IF_ERROR(CheckHost(host));
  // A name that is too long for a common name stands in subjectAltName alone, as all names may.
  const std::string common_name = hosts[0].size() <= kMaxCommonName ? hosts[0] : "";
  return Issue(request, {common_name, hosts, "serverAuth"}, now);
}

absl::StatusOr<Issued> Trust::IssueClient(absl::string_view request, const std::string& name,
                                          absl::Time now) const {
  // A dot would make it a host to OpenSSL's check of name constraints.
  if (!RuntimeName::Parse(name).ok()) {
    return InvalidField("name", name,
                        "must be a lower-case letter, then lower-case letters, digits and inner "
                        "dashes; 2 to 40 characters");
  }
  return Issue(request, {name, {}, "clientAuth"}, now);
}

absl::StatusOr<Issued> Trust::Issue(absl::string_view request, const Subject& subject,
                                    absl::Time now) const {
  if (request.size() > kMaxRequest) {
    return InvalidField("csr", absl::StrCat(request.size(), " bytes"), "is longer than 16 KiB");
  }
  const absl::StatusOr<KeyPtr> key = ParseRequest(request);
  if (!key.ok()) return InvalidField("csr", "of this call", key.status().message());
  if (not_after_ - kLeastLifeOfALeaf < now) return TrustErrors::Expires(not_after_);
  ASSIGN_OR_RETURN(const CertificatePtr leaf, Build(key->get(), subject, now));
  // Nobody gets what no client would accept.
  RETURN_IF_ERROR(VerifyLeaf(leaf.get(), now));
  Issued issued;
  issued.chain = CertificatePem(leaf.get());
  if (signing_digest_ != anchor_digest_) absl::StrAppend(&issued.chain, signing_pem_);
  issued.serial = SerialHex(leaf.get());
  issued.digest = CertificateDigest(leaf.get());
  issued.not_before = NotBefore(leaf.get());
  issued.not_after = NotAfter(leaf.get());
  return issued;
}

absl::StatusOr<CertificatePtr> Trust::Build(EVP_PKEY* public_key, const Subject& subject,
                                            absl::Time now) const {
  CertificateBuilder builder;
  if (builder.get() == nullptr) return Internal("making a certificate");
  const absl::Time not_before = std::max(now - kBackdated, NotBefore(signing_.get()));
  const absl::Time not_after = std::min(not_before + kLongestLife, not_after_);
  const bool named =
      (subject.common_name.empty() || builder.SetSubject(subject.common_name)) &&
      (subject.hosts.empty() || builder.AddHosts(subject.hosts, subject.common_name.empty()));
  if (!named || !builder.SetSerial() || !builder.SetIssuer(X509_get_subject_name(signing_.get())) ||
      !builder.SetValidity(not_before, not_after) ||
      X509_set_pubkey(builder.get(), public_key) != 1 ||
      !builder.AddExtension(NID_basic_constraints, "critical,CA:FALSE") ||
      !builder.AddExtension(NID_key_usage, "critical,digitalSignature") ||
      !builder.AddExtension(NID_ext_key_usage, subject.extended_usage) ||
      !builder.AddExtension(NID_subject_key_identifier, "hash") ||
      !builder.AddExtension(NID_authority_key_identifier, "keyid", signing_.get()) ||
      !builder.Sign(key_.get())) {
    return Internal("making a certificate");
  }
  return builder.Take();
}

absl::StatusOr<Trust::Signature> Trust::Sign(absl::string_view content) const {
  const bool is_rsa = EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA;
  Signature signature;
  signature.algorithm = is_rsa ? "RSA-PSS-SHA256" : "ECDSA-SHA256";
  if (!SignContent(key_.get(), content, &signature.bytes)) return Internal("signing");
  return signature;
}

}  // namespace mpd::ca
