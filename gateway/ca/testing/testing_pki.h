// CAs and requests for tests, made on the spot, also such as no policy would allow.
#ifndef MPD_GATEWAY_CA_TESTING_TESTING_PKI_H_
#define MPD_GATEWAY_CA_TESTING_TESTING_PKI_H_

#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/pki/openssl_handles.h"

namespace mpd::ca {

struct TestCa {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

struct TestCaOptions {
  std::string common_name = "test CA";
  const TestCa* issuer = nullptr;  // nullptr: self-signed
  std::string basic_constraints = "critical,CA:TRUE";
  std::string key_usage = "critical,keyCertSign,cRLSign";
  std::string name_constraints = "critical,permitted;DNS:mpd.test,permitted;DNS:.mpd.test";
  absl::Time not_before = absl::Now() - absl::Hours(48);
  absl::Time not_after = absl::Now() + absl::Hours(24 * 365);
};

TestCa MakeTestCa(const TestCaOptions& options = {});

// A PKCS #10 request in PEM, with a new key: EC of this group, or RSA of this many bits.
std::string MakeTestRequest(const std::string& group = "P-256", unsigned rsa_bits = 0);

// Whether the chain verifies with the anchor for this host (empty: for a client), by OpenSSL alone;
// what it says where not.
std::string VerifyError(const std::string& chain, const std::string& anchor,
                        const std::string& host, absl::Time at = absl::Now());

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_TESTING_TESTING_PKI_H_
