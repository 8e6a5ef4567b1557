// The VM's certificate authority: conf/caroot. Pushed by the laptop; made here, self-signed, where
// nothing is there. A file that exists is never replaced.
#ifndef MPD_COMMON_PKI_VM_CA_H_
#define MPD_COMMON_PKI_VM_CA_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

// Thread-safe; reads the files anew each time, so that pushed ones count at once. Errors:
// FAILED_PRECONDITION (NO_VM_KEY) with path and reason.
class VmCa {
 public:
  struct Certificates {
    std::string vm_certificate;      // vmCA.pem
    std::string anchor_fingerprint;  // SHA-256 of rootCA.pem's DER, lower-case hex
  };
  struct Signature {
    std::string bytes;
    std::string algorithm;  // "ECDSA-SHA256", "RSA-PSS-SHA256"
  };

  // `folder` holds rootCA.pem, vmCA.pem and vmCA-key.pem.
  explicit VmCa(std::string folder) : folder_(std::move(folder)) {}

  // Where none of the three files is there: makes a key (EC P-256, 0600) and a self-signed
  // certificate of 10 years, pathlen 0, limited to the zone. Some but not all there is an error.
  absl::Status EnsureExists(absl::string_view vm_id, absl::string_view zone) const;

  absl::StatusOr<Certificates> LoadCertificates() const;
  absl::StatusOr<Signature> Sign(absl::string_view content) const;

 private:
  std::string KeyPath() const;
  std::string CertificatePath() const;
  std::string AnchorPath() const;

  const std::string folder_;
};

}  // namespace mpd

#endif  // MPD_COMMON_PKI_VM_CA_H_
