#include "gateway/ca/authority/self_signed_ca.h"

#include <openssl/pem.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/pki/certificates.h"
#include "common/pki/openssl_handles.h"
#include "gateway/ca/authority/certificate_builder.h"

namespace mpd::ca {
namespace {

// Clocks of laptops run behind.
constexpr absl::Duration kBackdated = absl::Hours(1);
constexpr absl::Duration kLife = absl::Hours(24 * 3650);

absl::Status Failed(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", OpensslError()));
}

bool AddExtensions(CertificateBuilder* builder, absl::string_view zone) {
  // A DNS constraint holds for the name and everything below it; some verifiers want the form with
  // the dot for the latter. No address is permitted either.
  const std::string names = absl::StrCat("critical,permitted;DNS:", zone, ",permitted;DNS:.", zone,
                                         ",excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::");
  return builder->AddExtension(NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
         builder->AddExtension(NID_key_usage, "critical,keyCertSign,cRLSign") &&
         builder->AddExtension(NID_subject_key_identifier, "hash") &&
         builder->AddExtension(NID_name_constraints, names);
}

}  // namespace

absl::StatusOr<CaPem> MakeSelfSignedCa(absl::string_view common_name, absl::string_view zone) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failed("making a key");
  CertificateBuilder builder;
  X509* const raw = builder.get();
  const absl::Time now = absl::Now();
  if (raw == nullptr || !builder.SetSerial() || !builder.SetSubject(common_name) ||
      !builder.SetIssuer(X509_get_subject_name(raw)) ||
      !builder.SetValidity(now - kBackdated, now + kLife) || X509_set_pubkey(raw, key.get()) != 1 ||
      !AddExtensions(&builder, zone) || !builder.Sign(key.get())) {
    return Failed("making a certificate");
  }
  const BioPtr key_pem(BIO_new(BIO_s_mem()));
  if (key_pem == nullptr || PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr,
                                                          nullptr, 0, nullptr, nullptr) != 1) {
    return Failed("writing PEM");
  }
  return CaPem{BioText(key_pem.get()), CertificatePem(raw)};
}

}  // namespace mpd::ca
