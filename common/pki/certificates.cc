#include "common/pki/certificates.h"

#include <openssl/pem.h>

#include <array>
#include <ctime>

#include "absl/strings/str_cat.h"

namespace mpd {
namespace {

constexpr size_t kMaxPem = 64 << 10;
constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 4096;

absl::Status Refused(absl::string_view problem) { return absl::InvalidArgumentError(problem); }

absl::StatusOr<BioPtr> BioOf(absl::string_view pem) {
  if (pem.size() > kMaxPem) return Refused("is longer than 64 KiB");
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return absl::ResourceExhaustedError("no memory for OpenSSL");
  return bio;
}

// No password: OpenSSL would ask the terminal for one.
int NoPassword(char*, int, int, void*) { return -1; }

bool IsUsableKey(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    return bits >= kLeastRsaBits && bits <= kMostRsaBits;
  }
  std::array<char, 80> group = {};
  size_t length = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1 &&
         OBJ_txt2nid(group.data()) == NID_X9_62_prime256v1;
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromCivil(absl::CivilSecond(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                           parts.tm_hour, parts.tm_min, parts.tm_sec),
                         absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<CertificatePtr> ParseCertificate(absl::string_view pem) {
  const absl::StatusOr<BioPtr> bio = BioOf(pem);
  if (!bio.ok()) return bio.status();
  CertificatePtr certificate(PEM_read_bio_X509(bio->get(), nullptr, NoPassword, nullptr));
  if (certificate != nullptr) return certificate;
  return Refused(absl::StrCat("holds no certificate (", OpensslError(), ")"));
}

absl::StatusOr<KeyPtr> ParsePrivateKey(absl::string_view pem) {
  const absl::StatusOr<BioPtr> bio = BioOf(pem);
  if (!bio.ok()) return bio.status();
  KeyPtr key(PEM_read_bio_PrivateKey(bio->get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) {
    return Refused(absl::StrCat("holds no key that can be read (", OpensslError(), ")"));
  }
  const int type = EVP_PKEY_get_base_id(key.get());
  if (type != EVP_PKEY_EC && type != EVP_PKEY_RSA)
    return Refused("is neither an EC nor an RSA key");
  return key;
}

absl::StatusOr<KeyPtr> ParseRequest(absl::string_view pem) {
  const absl::StatusOr<BioPtr> bio = BioOf(pem);
  if (!bio.ok()) return bio.status();
  const RequestPtr request(PEM_read_bio_X509_REQ(bio->get(), nullptr, NoPassword, nullptr));
  if (request == nullptr) {
    return Refused(absl::StrCat("holds no certificate request (", OpensslError(), ")"));
  }
  KeyPtr key(X509_REQ_get_pubkey(request.get()));
  if (key == nullptr || !IsUsableKey(key.get())) {
    ERR_clear_error();
    return Refused("has a key that is neither EC P-256 nor RSA of 2048 to 4096 bits");
  }
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    ERR_clear_error();
    return Refused("is not signed with its own key");
  }
  return key;
}

std::string CertificatePem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), certificate) != 1) return "";
  return BioText(bio.get());
}

std::string CertificateDigest(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return "";
  return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

absl::Time NotBefore(const X509* certificate) { return TimeOf(X509_get0_notBefore(certificate)); }
absl::Time NotAfter(const X509* certificate) { return TimeOf(X509_get0_notAfter(certificate)); }

}  // namespace mpd
