// What the VM signs with, verified, and signing with it.
#ifndef MPD_GATEWAY_CA_AUTHORITY_TRUST_H_
#define MPD_GATEWAY_CA_AUTHORITY_TRUST_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/pki/openssl_handles.h"
#include "common/types/names.h"

namespace mpd::ca {

// PEM texts; empty where there is none. Either the pair `signing_*`, or, where both are empty,
// `root_key`: the root then signs itself.
struct TrustFiles {
  std::string root_certificate;
  std::string signing_certificate;
  std::string signing_key;
  std::string root_key;

  bool operator==(const TrustFiles&) const = default;
};

struct Issued {
  std::string chain;  // PEM: the certificate, then its issuer's where that is not the anchor
  std::string serial;
  std::string digest;  // SHA-256 of the DER, 32 bytes
  absl::Time not_before;
  absl::Time not_after;
};

// Immutable, so thread-safe.
class Trust {
 public:
  struct Signature {
    std::string bytes;
    std::string algorithm;  // "ECDSA-SHA256", "RSA-PSS-SHA256"
  };

  // Verifies everything by what it is for: a certificate for a host in the zone is signed, and
  // verified as a laptop would. CERTIFICATE_REFUSED (INVALID_ARGUMENT, metadata `certificate`,
  // `problem`) where it is not valid, or will not be for `least_life` more.
  static absl::StatusOr<std::shared_ptr<const Trust>> Verify(const TrustFiles& files,
                                                             const Zone& zone, absl::Time now,
                                                             absl::Duration least_life);

  const TrustFiles& files() const { return files_; }
  const std::string& anchor_pem() const { return anchor_pem_; }
  const std::string& signing_pem() const { return signing_pem_; }
  // SHA-256 of the DER, 32 bytes.
  const std::string& anchor_digest() const { return anchor_digest_; }
  const std::string& signing_digest() const { return signing_digest_; }
  // When the first of the two ends.
  absl::Time not_after() const { return not_after_; }

  // Certificates for at most 397 days, never past their issuer's end. `request` is PKCS #10 in PEM.
  // Errors: INVALID_ARGUMENT (INVALID_FIELD), FAILED_PRECONDITION (CA_EXPIRES), INTERNAL.
  absl::StatusOr<Issued> IssueServer(absl::string_view request,
                                     const std::vector<std::string>& hosts, absl::Time now) const;
  absl::StatusOr<Issued> IssueClient(absl::string_view request, const std::string& name,
                                     absl::Time now) const;

  absl::StatusOr<Signature> Sign(absl::string_view content) const;

 private:
  struct Subject {
    std::string common_name;         // empty: none
    std::vector<std::string> hosts;  // empty: no subjectAltName
    std::string extended_usage;      // as OpenSSL writes it
  };

  Trust(TrustFiles files, Zone zone) : files_(std::move(files)), zone_(std::move(zone)) {}

  absl::Status Load();
  absl::Status CheckLife(absl::Time now, absl::Duration least_life) const;
  // Signs for a host of the zone, and verifies that.
  absl::Status CheckByUse(absl::Time now) const;
  absl::Status VerifyLeaf(X509* leaf, absl::Time at) const;
  absl::Status CheckHost(const std::string& host) const;
  absl::StatusOr<Issued> Issue(absl::string_view request, const Subject& subject,
                               absl::Time now) const;
  absl::StatusOr<CertificatePtr> Build(EVP_PKEY* public_key, const Subject& subject,
                                       absl::Time now) const;

  const TrustFiles files_;
  const Zone zone_;
  CertificatePtr anchor_;
  CertificatePtr signing_;
  KeyPtr key_;
  std::string anchor_pem_;
  std::string signing_pem_;
  std::string anchor_digest_;
  std::string signing_digest_;
  absl::Time not_after_;
};

struct TrustErrors {
  // INVALID_ARGUMENT (CERTIFICATE_REFUSED): `certificate` is "root" or "signing".
  static absl::Status Refused(absl::string_view certificate, absl::string_view problem);
  // FAILED_PRECONDITION (CA_EXPIRES).
  static absl::Status Expires(absl::Time when);
};

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_AUTHORITY_TRUST_H_
