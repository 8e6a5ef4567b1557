// What all certificates that are made here have alike.
#ifndef MPD_GATEWAY_CA_AUTHORITY_CERTIFICATE_BUILDER_H_
#define MPD_GATEWAY_CA_AUTHORITY_CERTIFICATE_BUILDER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/pki/openssl_handles.h"

namespace mpd::ca {

// Puts one X.509 v3 certificate together. Each step returns whether OpenSSL did it.
class CertificateBuilder {
 public:
  CertificateBuilder();

  X509* get() const { return certificate_.get(); }

  // 127 random bits: positive, and unguessable as RFC 5280 §4.1.2.2 wants it.
  bool SetSerial();
  // Left out, the subject is empty, as RFC 5280 §4.1.2.6 has it where all names are in a critical
  // subjectAltName.
  bool SetSubject(absl::string_view common_name);
  bool SetIssuer(const X509_NAME* name);
  bool SetValidity(absl::Time not_before, absl::Time not_after);
  // By the text form of OpenSSL's x509v3_config(5), which must not hold what comes from outside.
  // The issuer is the certificate itself where it is nullptr.
  bool AddExtension(int nid, const std::string& value, X509* issuer = nullptr);
  // The DNS names of subjectAltName.
  bool AddHosts(const std::vector<std::string>& hosts, bool critical);
  bool Sign(EVP_PKEY* key);

  CertificatePtr Take() { return std::move(certificate_); }

 private:
  CertificatePtr certificate_;
};

// The serial number of a certificate in hex, lower case.
std::string SerialHex(X509* certificate);

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_AUTHORITY_CERTIFICATE_BUILDER_H_
