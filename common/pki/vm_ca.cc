#include "common/pki/vm_ca.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "common/pki/openssl_handles.h"
#include "common/pki/pki_errors.h"
#include "common/pki/self_signed_ca.h"

namespace mpd {
namespace {

absl::StatusOr<std::string> Load(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return PkiErrors::NoVmKey(path, text.status().message());
  return text;
}

// An error where the file is there and cannot be read: it must not be taken for absent and
// replaced.
absl::StatusOr<bool> IsPresent(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (text.ok()) return true;
  if (absl::IsNotFound(text.status())) return false;
  return PkiErrors::NoVmKey(path, text.status().message());
}

absl::StatusOr<std::string> Fingerprint(const std::string& path, const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (certificate == nullptr ||
      X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) != 1) {
    return PkiErrors::NoVmKey(path, absl::StrCat("not a certificate (", OpensslError(), ")"));
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

bool SignDigest(EVP_PKEY* key, bool rsa, absl::string_view content, std::string* signature) {
  const DigestPtr digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  const auto* data = reinterpret_cast<const unsigned char*>(content.data());
  size_t size = 0;
  if (digest == nullptr ||
      EVP_DigestSignInit(digest.get(), &padding, EVP_sha256(), nullptr, key) != 1 ||
      (rsa && (EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) != 1 ||
               EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) != 1)) ||
      EVP_DigestSign(digest.get(), nullptr, &size, data, content.size()) != 1) {
    return false;
  }
  signature->resize(size);
  auto* out = reinterpret_cast<unsigned char*>(signature->data());
  if (EVP_DigestSign(digest.get(), out, &size, data, content.size()) != 1) return false;
  signature->resize(size);
  return true;
}

}  // namespace

std::string VmCa::KeyPath() const { return absl::StrCat(folder_, "/vmCA-key.pem"); }
std::string VmCa::CertificatePath() const { return absl::StrCat(folder_, "/vmCA.pem"); }
std::string VmCa::AnchorPath() const { return absl::StrCat(folder_, "/rootCA.pem"); }

absl::Status VmCa::EnsureExists(absl::string_view vm_id, absl::string_view zone) const {
  ASSIGN_OR_RETURN(const bool key, IsPresent(KeyPath()));
  ASSIGN_OR_RETURN(const bool certificate, IsPresent(CertificatePath()));
  ASSIGN_OR_RETURN(const bool anchor, IsPresent(AnchorPath()));
  if (key && certificate && anchor) return absl::OkStatus();
  if (key || certificate || anchor) {
    const std::string missing =
        !key ? KeyPath() : (!certificate ? CertificatePath() : AnchorPath());
    return PkiErrors::NoVmKey(missing, "is missing, while others of the three are there");
  }
  ASSIGN_OR_RETURN(
      const CaPem ca,
      MakeSelfSignedCa(absl::StrCat("mpd VM CA", vm_id.empty() ? "" : " ", vm_id), zone));
  RETURN_IF_ERROR(MakeFolder(folder_, 0750));
  // Certificates first: a crash in between leaves an error that names the file, and no key unused.
  RETURN_IF_ERROR(WriteFileAtomically(AnchorPath(), ca.certificate, 0644));
  RETURN_IF_ERROR(WriteFileAtomically(CertificatePath(), ca.certificate, 0644));
  RETURN_IF_ERROR(WriteFileAtomically(KeyPath(), ca.key, 0600));
  LOG_INFO("VM_CA_MADE", "No CA was there; a self-signed one is made", {{"folder", folder_}});
  return absl::OkStatus();
}

absl::StatusOr<VmCa::Certificates> VmCa::LoadCertificates() const {
  Certificates certificates;
  ASSIGN_OR_RETURN(certificates.vm_certificate, Load(CertificatePath()));
  ASSIGN_OR_RETURN(const std::string anchor, Load(AnchorPath()));
  ASSIGN_OR_RETURN(certificates.anchor_fingerprint, Fingerprint(AnchorPath(), anchor));
  return certificates;
}

absl::StatusOr<VmCa::Signature> VmCa::Sign(absl::string_view content) const {
  ASSIGN_OR_RETURN(const std::string pem, Load(KeyPath()));
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // The empty password keeps OpenSSL from asking the terminal for one.
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")));
  if (key == nullptr) {
    return PkiErrors::NoVmKey(KeyPath(), absl::StrCat("not a key (", OpensslError(), ")"));
  }
  const int type = EVP_PKEY_get_base_id(key.get());
  if (type != EVP_PKEY_EC && type != EVP_PKEY_RSA) {
    return PkiErrors::NoVmKey(KeyPath(), "neither an EC nor an RSA key");
  }
  Signature signature;
  signature.algorithm = type == EVP_PKEY_RSA ? "RSA-PSS-SHA256" : "ECDSA-SHA256";
  if (!SignDigest(key.get(), type == EVP_PKEY_RSA, content, &signature.bytes)) {
    return PkiErrors::NoVmKey(KeyPath(), OpensslError());
  }
  return signature;
}

}  // namespace mpd
