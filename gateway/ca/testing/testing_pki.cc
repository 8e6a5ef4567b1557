#include "gateway/ca/testing/testing_pki.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "common/pki/certificates.h"
#include "gateway/ca/authority/certificate_builder.h"

namespace mpd::ca {
namespace {

std::string KeyPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr),
            1);
  return BioText(bio.get());
}

}  // namespace

TestCa MakeTestCa(const TestCaOptions& options) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  CertificateBuilder builder;
  CertificatePtr issuer;
  KeyPtr issuer_key;
  if (options.issuer != nullptr) {
    issuer = *ParseCertificate(options.issuer->certificate);
    issuer_key = *ParsePrivateKey(options.issuer->key);
  }
  X509* const by = issuer == nullptr ? builder.get() : issuer.get();
  EXPECT_TRUE(builder.SetSerial() && builder.SetSubject(options.common_name) &&
              builder.SetIssuer(X509_get_subject_name(by)) &&
              builder.SetValidity(options.not_before, options.not_after) &&
              X509_set_pubkey(builder.get(), key.get()) == 1);
  EXPECT_TRUE(builder.AddExtension(NID_subject_key_identifier, "hash"));
  for (const auto& [nid, value] : {std::pair(NID_basic_constraints, options.basic_constraints),
                                   std::pair(NID_key_usage, options.key_usage),
                                   std::pair(NID_name_constraints, options.name_constraints)}) {
    EXPECT_TRUE(value.empty() || builder.AddExtension(nid, value)) << value;
  }
  EXPECT_TRUE(builder.Sign(issuer_key == nullptr ? key.get() : issuer_key.get()));
  return {CertificatePem(builder.get()), KeyPem(key.get())};
}

std::string MakeTestRequest(const std::string& group, unsigned rsa_bits) {
  const KeyPtr key(rsa_bits > 0 ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen(group.c_str()));
  const RequestPtr request(X509_REQ_new());
  EXPECT_EQ(X509_REQ_set_pubkey(request.get(), key.get()), 1);
  EXPECT_GT(X509_REQ_sign(request.get(), key.get(), EVP_sha256()), 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_X509_REQ(bio.get(), request.get()), 1);
  return BioText(bio.get());
}

std::string VerifyError(const std::string& chain, const std::string& anchor,
                        const std::string& host, absl::Time at) {
  const BioPtr bio(BIO_new_mem_buf(chain.data(), static_cast<int>(chain.size())));
  const CertificatePtr leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  const CertificatePtr between(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  const CertificatePtr root = *ParseCertificate(anchor);
  const StorePtr store(X509_STORE_new());
  const VerificationPtr context(X509_STORE_CTX_new());
  STACK_OF(X509)* const untrusted = sk_X509_new_null();
  if (between != nullptr) sk_X509_push(untrusted, between.get());
  X509_STORE_add_cert(store.get(), root.get());
  EXPECT_EQ(X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), untrusted), 1);
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
  X509_STORE_CTX_set_default(context.get(), host.empty() ? "ssl_client" : "ssl_server");
  X509_VERIFY_PARAM_set_time(rules, absl::ToTimeT(at));
  if (!host.empty()) X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size());
  const bool valid = X509_verify_cert(context.get()) == 1;
  const std::string error =
      valid ? "" : X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
  sk_X509_free(untrusted);
  ERR_clear_error();
  return error;
}

}  // namespace mpd::ca
