#include "gateway/ca/api/ca_service.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <optional>

#include "common/base/status.h"
#include "common/pki/certificates.h"
#include "common/pki/identity_content.h"
#include "common/rpc/grpc_status.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/test_server.h"
#include "gateway/ca/testing/testing_pki.h"

namespace mpd::ca {
namespace {

class CaServiceTest : public ::testing::Test {
 protected:
  CaServiceTest() {
    SqliteStoreOptions options;
    options.path = folder_.path() + "/ca.db";
    store_ = *OpenSqliteStore(options);
    authority_.Reload();
    service_.emplace(&authority_, store_.get(), &*worker_, &watches_);
    server_.emplace(folder_.path() + "/s", &*service_);
    stub_ = v1::CaService::NewStub(
        grpc::CreateChannel("unix:" + folder_.path() + "/s", grpc::InsecureChannelCredentials()));
  }
  ~CaServiceTest() override {
    watches_.Drain(absl::UnavailableError("the end"));
    server_.reset();
    worker_.reset();
  }

  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (v1::CaService::Stub::*method)(grpc::ClientContext*,
                                                                const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    return FromGrpcStatus(((*stub_).*method)(&context, request, response));
  }
  absl::Status SignServer(const std::string& host, v1::IssuedCertificate* issued) {
    v1::SignServerCertificateRequest request;
    request.set_csr(MakeTestRequest());
    request.add_hosts(host);
    return Call(&v1::CaService::Stub::SignServerCertificate, request, issued);
  }
  v1::Trust TrustNow() {
    v1::Trust trust;
    EXPECT_TRUE(Call(&v1::CaService::Stub::GetTrust, v1::GetTrustRequest(), &trust).ok());
    return trust;
  }

  const TestFolder folder_;
  Authority authority_{TrustFolder(folder_.path() + "/caroot"), *Zone::Parse("mpd.test"), ""};
  std::unique_ptr<Store> store_;
  std::optional<WorkerThread> worker_{std::in_place};
  WatchHub watches_;
  std::optional<CaService> service_;
  std::optional<TestServer> server_;
  std::unique_ptr<v1::CaService::Stub> stub_;
};

TEST_F(CaServiceTest, WhatIsSignedVerifiesAndIsListed) {
  v1::IssuedCertificate issued;
  ASSERT_TRUE(SignServer("gateway.service.mpd.test", &issued).ok());
  EXPECT_EQ(VerifyError(issued.certificate_chain(), TrustNow().anchor_certificate(),
                        "gateway.service.mpd.test"),
            "");
  v1::SignClientCertificateRequest client;
  client.set_csr(MakeTestRequest());
  client.set_name("laptop");
  v1::IssuedCertificate to_client;
  ASSERT_TRUE(Call(&v1::CaService::Stub::SignClientCertificate, client, &to_client).ok());
  v1::ListIssuedResponse listed;
  ASSERT_TRUE(Call(&v1::CaService::Stub::ListIssued, v1::ListIssuedRequest(), &listed).ok());
  ASSERT_EQ(listed.certificates_size(), 2);
  for (const v1::IssuedCertificate& one : listed.certificates()) {
    const v1::IssuedCertificate& given = one.serial() == issued.serial() ? issued : to_client;
    EXPECT_EQ(one.fingerprint(), given.fingerprint());
    EXPECT_EQ(one.subjects(0), one.usage() == "client" ? "laptop" : "gateway.service.mpd.test");
    EXPECT_EQ(one.certificate_chain(), "");
  }
  EXPECT_FALSE(listed.store_id().empty());
}

TEST_F(CaServiceTest, NothingIsSignedThatCannotBeWrittenDown) {
  store_->Close();
  v1::IssuedCertificate issued;
  EXPECT_FALSE(SignServer("a.mpd.test", &issued).ok());
  EXPECT_EQ(issued.certificate_chain(), "");
}

TEST_F(CaServiceTest, AnIdentityIsSignedAsItIsVerified) {
  v1::SignIdentityRequest request;
  request.set_nonce(std::string(16, 'n'));
  request.set_identity("an identity");
  v1::SignIdentityResponse response;
  ASSERT_TRUE(Call(&v1::CaService::Stub::SignIdentity, request, &response).ok());
  EXPECT_EQ(response.signature_algorithm(), "ECDSA-SHA256");
  const CertificatePtr certificate = *ParseCertificate(response.certificate());
  const KeyPtr key(X509_get_pubkey(certificate.get()));
  const DigestPtr digest(EVP_MD_CTX_new());
  const std::string content = IdentityContent(request.nonce(), request.identity());
  ASSERT_EQ(EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()), 1);
  EXPECT_EQ(EVP_DigestVerify(
                digest.get(), reinterpret_cast<const unsigned char*>(response.signature().data()),
                response.signature().size(), reinterpret_cast<const unsigned char*>(content.data()),
                content.size()),
            1);
  for (const size_t size : {0, 15, 65}) {
    request.set_nonce(std::string(size, 'n'));
    EXPECT_EQ(ErrorReason(Call(&v1::CaService::Stub::SignIdentity, request, &response)),
              "INVALID_FIELD");
  }
}

TEST_F(CaServiceTest, AnImportReachesWhoeverWatches) {
  grpc::ClientContext context;
  const auto reader = stub_->WatchTrust(&context, v1::WatchTrustRequest());
  v1::WatchTrustResponse message;
  ASSERT_TRUE(reader->Read(&message));
  const std::string before = message.trust().anchor_fingerprint();
  v1::IssuedCertificate issued;
  ASSERT_TRUE(SignServer("a.mpd.test", &issued).ok());

  const TestCa root = MakeTestCa();
  const TestCa signing = MakeTestCa({.common_name = "VM", .issuer = &root});
  v1::ImportTrustRequest request;
  request.set_root_certificate(root.certificate);
  request.set_signing_certificate(signing.certificate);
  v1::ImportTrustResponse response;
  EXPECT_EQ(ErrorReason(Call(&v1::CaService::Stub::ImportTrust, request, &response)),
            "INVALID_FIELD");
  request.set_signing_key(root.key);
  EXPECT_EQ(ErrorReason(Call(&v1::CaService::Stub::ImportTrust, request, &response)),
            "CERTIFICATE_REFUSED");
  EXPECT_EQ(TrustNow().anchor_fingerprint(), before);
  request.set_signing_key(signing.key);
  ASSERT_TRUE(Call(&v1::CaService::Stub::ImportTrust, request, &response).ok());
  EXPECT_EQ(response.replaced_fingerprint(), before);
  EXPECT_EQ(response.reissued(), 1);
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_EQ(message.trust().anchor_certificate(), root.certificate);
  ASSERT_TRUE(SignServer("a.mpd.test", &issued).ok());
  EXPECT_EQ(VerifyError(issued.certificate_chain(), root.certificate, "a.mpd.test"), "");
  context.TryCancel();
}

TEST_F(CaServiceTest, RefusesRequestsWithTheirReason) {
  v1::IssuedCertificate issued;
  EXPECT_EQ(ErrorReason(SignServer("example.org", &issued)), "INVALID_FIELD");
  v1::ListIssuedRequest list;
  list.set_page_token("nonsense");
  v1::ListIssuedResponse listed;
  EXPECT_EQ(ErrorReason(Call(&v1::CaService::Stub::ListIssued, list, &listed)),
            "INVALID_PAGE_TOKEN");
}

}  // namespace
}  // namespace mpd::ca
