#include "gateway/ca/authority/signing.h"

#include <openssl/rsa.h>

namespace mpd::ca {

bool SignContent(EVP_PKEY* key, absl::string_view content, std::string* signature) {
  const bool is_rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
  const DigestPtr digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  const auto* data = reinterpret_cast<const unsigned char*>(content.data());
  size_t size = 0;
  if (digest == nullptr ||
      EVP_DigestSignInit(digest.get(), &padding, EVP_sha256(), nullptr, key) != 1 ||
      (is_rsa && (EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) != 1 ||
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

}  // namespace mpd::ca
