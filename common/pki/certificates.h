// Certificates, keys and requests, from PEM and to it.
#ifndef MPD_COMMON_PKI_CERTIFICATES_H_
#define MPD_COMMON_PKI_CERTIFICATES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/pki/openssl_handles.h"

namespace mpd {

// The texts come from outside. Errors are INVALID_ARGUMENT with a part of a sentence that fits
// behind a name: "holds no certificate". A text of more than 64 KiB is refused.

// The first certificate in the text.
absl::StatusOr<CertificatePtr> ParseCertificate(absl::string_view pem);
// A private key without a password, EC or RSA.
absl::StatusOr<KeyPtr> ParsePrivateKey(absl::string_view pem);
// The public key of a PKCS #10 request (RFC 2986) that is signed with it: EC P-256, or RSA of 2048
// to 4096 bits. Nothing else of the request is read.
absl::StatusOr<KeyPtr> ParseRequest(absl::string_view pem);

std::string CertificatePem(X509* certificate);
// SHA-256 of its DER, 32 bytes.
std::string CertificateDigest(const X509* certificate);
absl::Time NotBefore(const X509* certificate);
absl::Time NotAfter(const X509* certificate);

}  // namespace mpd

#endif  // MPD_COMMON_PKI_CERTIFICATES_H_
