// A signature over content with SHA-256.
#ifndef MPD_GATEWAY_CA_AUTHORITY_SIGNING_H_
#define MPD_GATEWAY_CA_AUTHORITY_SIGNING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/pki/openssl_handles.h"

namespace mpd::ca {

// ECDSA, or with an RSA key PSS with a salt of the digest's length (RFC 8017 §8.1). False where
// OpenSSL refuses.
bool SignContent(EVP_PKEY* key, absl::string_view content, std::string* signature);

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_AUTHORITY_SIGNING_H_
