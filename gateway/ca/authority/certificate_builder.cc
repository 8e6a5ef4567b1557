#include "gateway/ca/authority/certificate_builder.h"

#include <openssl/bn.h>
#include <openssl/rand.h>

#include <array>

#include "absl/strings/ascii.h"

namespace mpd::ca {
namespace {

using BignumPtr = std::unique_ptr<BIGNUM, OpensslDeleter<BN_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDeleter<GENERAL_NAMES_free>>;

bool AddName(GENERAL_NAMES* names, const std::string& host) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  if (name == nullptr || text == nullptr ||
      ASN1_STRING_set(text, host.data(), static_cast<int>(host.size())) != 1) {
    GENERAL_NAME_free(name);
    ASN1_IA5STRING_free(text);
    return false;
  }
  GENERAL_NAME_set0_value(name, GEN_DNS, text);
  if (sk_GENERAL_NAME_push(names, name) > 0) return true;
  GENERAL_NAME_free(name);
  return false;
}

}  // namespace

CertificateBuilder::CertificateBuilder() : certificate_(X509_new()) {
  if (certificate_ != nullptr && X509_set_version(certificate_.get(), X509_VERSION_3) != 1) {
    certificate_.reset();
  }
}

bool CertificateBuilder::SetSerial() {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] &= 0x7f;
  const BignumPtr number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(get())) != nullptr;
}

bool CertificateBuilder::SetSubject(absl::string_view common_name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(get()), NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool CertificateBuilder::SetIssuer(const X509_NAME* name) {
  return X509_set_issuer_name(get(), name) == 1;
}

bool CertificateBuilder::SetValidity(absl::Time not_before, absl::Time not_after) {
  return ASN1_TIME_set(X509_getm_notBefore(get()), absl::ToTimeT(not_before)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(get()), absl::ToTimeT(not_after)) != nullptr;
}

bool CertificateBuilder::AddExtension(int nid, const std::string& value, X509* issuer) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer == nullptr ? get() : issuer, get(), nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(get(), extension.get(), -1) == 1;
}

bool CertificateBuilder::AddHosts(const std::vector<std::string>& hosts, bool critical) {
  const NamesPtr names(GENERAL_NAMES_new());
  if (names == nullptr) return false;
  for (const std::string& host : hosts) {
    if (!AddName(names.get(), host)) return false;
  }
  return X509_add1_ext_i2d(get(), NID_subject_alt_name, names.get(), critical ? 1 : 0,
                           X509V3_ADD_DEFAULT) == 1;
}

bool CertificateBuilder::Sign(EVP_PKEY* key) { return X509_sign(get(), key, EVP_sha256()) != 0; }

std::string SerialHex(X509* certificate) {
  const BignumPtr number(ASN1_INTEGER_to_BN(X509_get_serialNumber(certificate), nullptr));
  char* hex = number == nullptr ? nullptr : BN_bn2hex(number.get());
  std::string text = hex == nullptr ? "" : hex;
  OPENSSL_free(hex);
  return absl::AsciiStrToLower(text);
}

}  // namespace mpd::ca
