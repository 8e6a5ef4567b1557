#include "gateway/ca/authority/trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/pki/certificates.h"
#include "gateway/ca/authority/certificate_builder.h"
#include "gateway/ca/authority/self_signed_ca.h"
#include "gateway/ca/testing/testing_pki.h"

namespace mpd::ca {
namespace {

using ::testing::HasSubstr;

const Zone kZone = *Zone::Parse("mpd.test");
constexpr absl::Duration kYear = absl::Hours(24 * 365);

TrustFiles Pair(const TestCa& root, const TestCa& signing) {
  return {root.certificate, signing.certificate, signing.key, ""};
}

absl::StatusOr<std::shared_ptr<const Trust>> Verified(const TrustFiles& files,
                                                      absl::Time now = absl::Now()) {
  return Trust::Verify(files, kZone, now, absl::ZeroDuration());
}

std::string Problem(const TrustFiles& files, absl::Time now = absl::Now()) {
  const absl::Status status = Verified(files, now).status();
  EXPECT_EQ(ErrorReason(status), "CERTIFICATE_REFUSED") << status;
  return std::string(status.message());
}

// A root and what it has issued for the VM.
class TrustTest : public ::testing::Test {
 protected:
  TestCa Signing(TestCaOptions options = {}) {
    options.common_name = "VM";
    options.issuer = &root_;
    return MakeTestCa(options);
  }

  const TestCa root_ = MakeTestCa();
};

TEST_F(TrustTest, AllThatTheContractKnowsIsTaken) {
  EXPECT_TRUE(Verified(Pair(root_, Signing())).ok());
  EXPECT_TRUE(Verified({root_.certificate, "", "", root_.key}).ok());
  const CaPem made = *MakeSelfSignedCa("VM", "mpd.test");
  EXPECT_TRUE(Verified({made.certificate, made.certificate, made.key, ""}).ok());
}

TEST_F(TrustTest, WhatCannotSignIsRefusedWithItsReason) {
  TestCaOptions options;
  options.basic_constraints = "critical,CA:FALSE";
  EXPECT_THAT(Problem(Pair(root_, Signing(options))), HasSubstr("no CA"));
  options = {};
  options.key_usage = "critical,digitalSignature";
  EXPECT_THAT(Problem(Pair(root_, Signing(options))), HasSubstr("keyCertSign"));
  options = {};
  options.name_constraints = "critical,permitted;DNS:elsewhere.test";
  EXPECT_THAT(Problem(Pair(root_, Signing(options))), HasSubstr("do not hold the zone"));
  options = {};
  options.not_after = absl::Now() - absl::Hours(1);
  EXPECT_THAT(Problem(Pair(root_, Signing(options))), HasSubstr("ended"));
  options = {};
  options.not_before = absl::Now() + absl::Hours(24);
  EXPECT_THAT(Problem(Pair(root_, Signing(options))), HasSubstr("not valid yet"));
  TrustFiles files = Pair(root_, Signing());
  files.signing_key = root_.key;
  EXPECT_THAT(Problem(files), HasSubstr("another certificate's"));
  EXPECT_THAT(Problem(Pair(MakeTestCa(), Signing())), HasSubstr("does not verify"));
  EXPECT_THAT(Problem({"text", "", "", root_.key}), HasSubstr("holds no certificate"));
}

TEST_F(TrustTest, ARootWithoutRoomForAnotherCaIsNoReasonToSign) {
  const TestCa root = MakeTestCa({.basic_constraints = "critical,CA:TRUE,pathlen:0"});
  TestCaOptions options;
  options.common_name = "VM";
  options.issuer = &root;
  EXPECT_THAT(Problem(Pair(root, MakeTestCa(options))), HasSubstr("path length"));
}

TEST_F(TrustTest, AServerGetsItsHostsAndNothingElse) {
  const auto trust = *Verified(Pair(root_, Signing()));
  const auto issued =
      trust->IssueServer(MakeTestRequest(), {"shop.mpd.test", "mpd.test"}, absl::Now());
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(VerifyError(issued->chain, root_.certificate, "shop.mpd.test"), "");
  EXPECT_EQ(VerifyError(issued->chain, root_.certificate, "mpd.test"), "");
  EXPECT_THAT(VerifyError(issued->chain, root_.certificate, "other.mpd.test"),
              HasSubstr("hostname mismatch"));
  EXPECT_NE(VerifyError(issued->chain, root_.certificate, ""), "") << "for a client";
  EXPECT_EQ(issued->not_after - issued->not_before, absl::Hours(24 * 365 + 1))
      << "as long as its issuer";
  EXPECT_EQ(issued->serial.size(), 32u);
}

TEST_F(TrustTest, LeavesLiveForAtMost397Days) {
  TestCaOptions options;
  options.not_after = absl::Now() + 10 * kYear;
  const TestCa root = MakeTestCa(options);
  const auto trust = *Verified({root.certificate, "", "", root.key});
  const auto issued = trust->IssueClient(MakeTestRequest(), "laptop", absl::Now());
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(issued->not_after - issued->not_before, absl::Hours(24) * 397);
  EXPECT_EQ(VerifyError(issued->chain, root.certificate, ""), "");
  EXPECT_NE(VerifyError(issued->chain, root.certificate, "laptop"), "") << "for a server";
}

TEST_F(TrustTest, HostsOutsideTheZoneAreRefusedByUsAndByTheirVerifiers) {
  const auto trust = *Verified(Pair(root_, Signing()));
  const std::string request = MakeTestRequest();
  for (const char* host : {"example.org", "mpd.test.example.org", "xmpd.test", "*.mpd.test",
                           "a b.mpd.test", "10.163.0.4", ".mpd.test", "", "MPD.test"}) {
    EXPECT_EQ(ErrorReason(trust->IssueServer(request, {host}, absl::Now()).status()),
              "INVALID_FIELD")
        << host;
  }
  EXPECT_FALSE(trust->IssueServer(request, {}, absl::Now()).ok());
}

// What a stolen key or a fault of ours would sign is refused by whoever verifies it, by the
// constraints of the CA that is made here.
TEST_F(TrustTest, ALeafOutsideTheZoneDoesNotVerifyWhoeverSignedIt) {
  const CaPem made = *MakeSelfSignedCa("VM", "mpd.test");
  const CertificatePtr ca = *ParseCertificate(made.certificate);
  const KeyPtr ca_key = *ParsePrivateKey(made.key);
  const auto leaf = [&](const std::string& host) {
    CertificateBuilder builder;
    const KeyPtr key(EVP_EC_gen("P-256"));
    EXPECT_TRUE(builder.SetSerial() && builder.AddHosts({host}, /*critical=*/true) &&
                builder.SetIssuer(X509_get_subject_name(ca.get())) &&
                builder.SetValidity(absl::Now() - absl::Hours(1), absl::Now() + absl::Hours(1)) &&
                X509_set_pubkey(builder.get(), key.get()) == 1 && builder.Sign(ca_key.get()));
    return CertificatePem(builder.get());
  };
  EXPECT_EQ(VerifyError(leaf("a.mpd.test"), made.certificate, "a.mpd.test"), "");
  EXPECT_THAT(VerifyError(leaf("bank.example"), made.certificate, "bank.example"),
              HasSubstr("permitted subtree violation"));
}

TEST_F(TrustTest, RequestsAreJudgedByTheirKey) {
  const auto trust = *Verified(Pair(root_, Signing()));
  const auto refused = [&](const std::string& request) {
    return std::string(trust->IssueServer(request, {"a.mpd.test"}, absl::Now()).status().message());
  };
  EXPECT_TRUE(trust->IssueServer(MakeTestRequest("", 2048), {"a.mpd.test"}, absl::Now()).ok());
  EXPECT_THAT(refused(MakeTestRequest("P-384")), HasSubstr("P-256"));
  EXPECT_THAT(refused(MakeTestRequest("", 1024)), HasSubstr("2048"));
  EXPECT_THAT(refused(""), HasSubstr("no certificate request"));
  EXPECT_THAT(refused(std::string(20'000, 'x')), HasSubstr("16 KiB"));
  // Another's key under one's own signature.
  std::string forged = MakeTestRequest();
  forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_NE(refused(forged), "");
}

TEST_F(TrustTest, ALongHostStandsInTheAlternativeNamesAlone) {
  const auto trust = *Verified(Pair(root_, Signing()));
  const std::string host = absl::StrCat(std::string(60, 'a'), ".mpd.test");
  const auto issued = trust->IssueServer(MakeTestRequest(), {host}, absl::Now());
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(VerifyError(issued->chain, root_.certificate, host), "");
}

TEST_F(TrustTest, NearItsEndItSaysSoInsteadOfSigning) {
  const auto trust = *Verified(Pair(root_, Signing()));
  const absl::Time late = absl::Now() + kYear - absl::Minutes(30);
  const absl::Status status = trust->IssueClient(MakeTestRequest(), "laptop", late).status();
  EXPECT_EQ(ErrorReason(status), "CA_EXPIRES") << status;
}

TEST_F(TrustTest, ClientsHaveNamesWithoutDots) {
  const auto trust = *Verified(Pair(root_, Signing()));
  for (const char* name : {"a.b", "", "Laptop", "-x", "a\nb"}) {
    EXPECT_FALSE(trust->IssueClient(MakeTestRequest(), name, absl::Now()).ok()) << name;
  }
}

}  // namespace
}  // namespace mpd::ca
