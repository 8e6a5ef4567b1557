#include "common/pki/self_signed_ca.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/pki/openssl_handles.h"

namespace mpd {
namespace {

constexpr long kHour = 3600;  // NOLINT(google-runtime-int): OpenSSL's type
// Clocks of laptops run behind.
constexpr long kNotBefore = -kHour;             // NOLINT(google-runtime-int)
constexpr long kNotAfter = 3650L * 24 * kHour;  // NOLINT(google-runtime-int)

absl::Status Failed(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", OpensslError()));
}

// 127 random bits: positive, and unguessable as RFC 5280 §4.1.2.2 wants it.
bool SetSerial(X509* certificate) {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(bytes.data(), bytes.size(), nullptr);
  const bool done = number != nullptr &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return done;
}

bool SetName(X509* certificate, absl::string_view common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool AddExtensions(X509* certificate, absl::string_view zone) {
  // A DNS constraint holds for the name and everything below it; some verifiers want the form with
  // the dot for the latter.
  const std::string names = absl::StrCat("critical,permitted;DNS:", zone, ",permitted;DNS:.", zone);
  return AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
         AddExtension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
         AddExtension(certificate, NID_subject_key_identifier, "hash") &&
         AddExtension(certificate, NID_name_constraints, names);
}

}  // namespace

absl::StatusOr<CaPem> MakeSelfSignedCa(absl::string_view common_name, absl::string_view zone) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failed("making a key");
  const CertificatePtr certificate(X509_new());
  X509* const raw = certificate.get();
  if (raw == nullptr || X509_set_version(raw, X509_VERSION_3) != 1 || !SetSerial(raw) ||
      !SetName(raw, common_name) ||
      X509_gmtime_adj(X509_getm_notBefore(raw), kNotBefore) == nullptr ||
      X509_gmtime_adj(X509_getm_notAfter(raw), kNotAfter) == nullptr ||
      X509_set_pubkey(raw, key.get()) != 1 || !AddExtensions(raw, zone) ||
      X509_sign(raw, key.get(), EVP_sha256()) == 0) {
    return Failed("making a certificate");
  }
  const BioPtr key_pem(BIO_new(BIO_s_mem()));
  const BioPtr certificate_pem(BIO_new(BIO_s_mem()));
  if (key_pem == nullptr || certificate_pem == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      PEM_write_bio_X509(certificate_pem.get(), raw) != 1) {
    return Failed("writing PEM");
  }
  return CaPem{BioText(key_pem.get()), BioText(certificate_pem.get())};
}

}  // namespace mpd
