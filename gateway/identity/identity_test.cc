#include "gateway/identity/identity.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "common/base/files.h"
#include "common/base/status.h"
#include "common/pki/openssl_handles.h"

namespace mpd::gateway {
namespace {

std::string MakeTestFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "identity_XXXXXX").string();
  return mkdtemp(pattern.data());
}

class IdentityTest : public testing::Test {
 protected:
  ~IdentityTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/" + name, text, 0600).ok());
  }
  std::string Caroot(const std::string& name) { return folder_ + "/caroot/" + name; }

  const std::string folder_ = MakeTestFolder();
  VmCa ca_{folder_ + "/caroot"};
  Identity identity_{folder_ + "/platform.env", folder_ + "/mpd0.pub", &ca_};
  const std::string nonce_ = std::string(32, 'n');
};

CertificatePtr ParseCertificate(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return CertificatePtr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

bool Verifies(const mpd::gateway::v1::GetIdentityResponse& response, const std::string& nonce) {
  const CertificatePtr certificate = ParseCertificate(response.certificate());
  const DigestPtr digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  const std::string content = SignedContent(nonce, response.identity());
  if (certificate == nullptr || EVP_DigestVerifyInit(digest.get(), &padding, EVP_sha256(), nullptr,
                                                     X509_get0_pubkey(certificate.get())) != 1) {
    return false;
  }
  if (response.signature_algorithm() == "RSA-PSS-SHA256" &&
      EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) != 1) {
    return false;
  }
  return EVP_DigestVerify(
             digest.get(), reinterpret_cast<const unsigned char*>(response.signature().data()),
             response.signature().size(), reinterpret_cast<const unsigned char*>(content.data()),
             content.size()) == 1;
}

TEST_F(IdentityTest, TheSignatureProvesWhichVmItIs) {
  Write("platform.env", "MPD_VM_ID=seven\nMPD_VM_IP=192.168.7.2\n");
  Write("mpd0.pub", "cHVibGlj\n");
  ASSERT_TRUE(ca_.EnsureExists("seven", "mpd.test").ok());
  mpd::gateway::v1::Status status;
  status.add_components()->set_name("ipam");
  mpd::gateway::v1::GetIdentityResponse response;
  const absl::Status signed_ok = identity_.Sign(nonce_, status, &response);
  ASSERT_TRUE(signed_ok.ok()) << signed_ok;
  mpd::gateway::v1::Identity identity;
  ASSERT_TRUE(identity.ParseFromString(response.identity()));
  EXPECT_EQ(identity.vm_id(), "seven");
  EXPECT_EQ(identity.vm_address(), "192.168.7.2");
  EXPECT_EQ(identity.wireguard_public_key(), "cHVibGlj");
  EXPECT_EQ(identity.boot_id().size(), 36u);
  EXPECT_EQ(identity.ca_fingerprint().size(), 64u);
  EXPECT_EQ(identity.components(0).name(), "ipam");
  EXPECT_EQ(response.signature_algorithm(), "ECDSA-SHA256");
  EXPECT_TRUE(Verifies(response, nonce_));
  EXPECT_FALSE(Verifies(response, std::string(32, 'm')));
  response.mutable_identity()->append("x");
  EXPECT_FALSE(Verifies(response, nonce_));
}

TEST_F(IdentityTest, SignsWithAnRsaKeyThatWasPushed) {
  ASSERT_TRUE(ca_.EnsureExists("", "mpd.test").ok());
  const KeyPtr key(EVP_RSA_gen(2048));
  const CertificatePtr certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const BioPtr key_pem(BIO_new(BIO_s_mem())), certificate_pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_X509(certificate_pem.get(), certificate.get());
  Write("caroot/vmCA-key.pem", BioText(key_pem.get()));
  Write("caroot/vmCA.pem", BioText(certificate_pem.get()));
  mpd::gateway::v1::GetIdentityResponse response;
  ASSERT_TRUE(identity_.Sign(nonce_, {}, &response).ok());
  EXPECT_EQ(response.signature_algorithm(), "RSA-PSS-SHA256");
  EXPECT_TRUE(Verifies(response, nonce_));
}

TEST_F(IdentityTest, NoncesOfOtherSizesAreRefused) {
  ASSERT_TRUE(ca_.EnsureExists("", "mpd.test").ok());
  mpd::gateway::v1::GetIdentityResponse response;
  for (const size_t size : {0, 15, 65, 1000}) {
    EXPECT_EQ(ErrorReason(identity_.Sign(std::string(size, 'n'), {}, &response)), "INVALID_FIELD");
  }
  EXPECT_TRUE(identity_.Sign(std::string(16, 'n'), {}, &response).ok());
  EXPECT_TRUE(identity_.Sign(std::string(64, 'n'), {}, &response).ok());
}

TEST_F(IdentityTest, WithoutKeyThereIsNoIdentity) {
  mpd::gateway::v1::GetIdentityResponse response;
  const absl::Status status = identity_.Sign(nonce_, {}, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(status), "NO_VM_KEY");
}

TEST_F(IdentityTest, ASelfMadeCaIsLimitedToTheZone) {
  ASSERT_TRUE(ca_.EnsureExists("seven", "seven.mpd.test").ok());
  struct stat info;
  ASSERT_EQ(stat(Caroot("vmCA-key.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const CertificatePtr certificate = ParseCertificate(*ReadFile(Caroot("vmCA.pem")));
  ASSERT_NE(certificate, nullptr);
  EXPECT_EQ(*ReadFile(Caroot("vmCA.pem")), *ReadFile(Caroot("rootCA.pem")));
  EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())), 1);
  EXPECT_EQ(X509_check_ca(certificate.get()), 1);
  EXPECT_EQ(X509_get_pathlen(certificate.get()), 0);
  int critical = -1;
  auto* constraints = static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(certificate.get(), NID_name_constraints, &critical, nullptr));
  ASSERT_NE(constraints, nullptr);
  EXPECT_EQ(critical, 1);
  EXPECT_EQ(sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees), 2);
  NAME_CONSTRAINTS_free(constraints);
  char name[64];
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name,
                            sizeof(name));
  EXPECT_STREQ(name, "mpd VM CA seven");
}

TEST_F(IdentityTest, AnExistingKeyIsNotReplaced) {
  ASSERT_TRUE(ca_.EnsureExists("", "mpd.test").ok());
  const std::string key = *ReadFile(Caroot("vmCA-key.pem"));
  ASSERT_TRUE(ca_.EnsureExists("", "mpd.test").ok());
  EXPECT_EQ(*ReadFile(Caroot("vmCA-key.pem")), key);

  ASSERT_TRUE(RemoveFile(Caroot("vmCA.pem")).ok());
  EXPECT_EQ(ErrorReason(ca_.EnsureExists("", "mpd.test")), "NO_VM_KEY");
  EXPECT_EQ(*ReadFile(Caroot("vmCA-key.pem")), key);
}

TEST_F(IdentityTest, AnUnreadableKeyIsNotReplaced) {
  // A folder in place of the key's file can't be read, not even by root.
  ASSERT_TRUE(MakeFolder(Caroot("vmCA-key.pem"), 0700).ok());
  EXPECT_EQ(ErrorReason(ca_.EnsureExists("", "mpd.test")), "NO_VM_KEY");
  EXPECT_FALSE(std::filesystem::exists(Caroot("vmCA.pem")));
}

}  // namespace
}  // namespace mpd::gateway
