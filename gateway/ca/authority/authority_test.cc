#include "gateway/ca/authority/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/base/files.h"
#include "common/base/status.h"
#include "common/testing/test_server.h"
#include "gateway/ca/testing/testing_pki.h"

namespace mpd::ca {
namespace {

using ::testing::HasSubstr;

class AuthorityTest : public ::testing::Test {
 protected:
  void Push(const std::string& name, const std::string& text) {
    ASSERT_TRUE(MakeFolder(path_, 0750).ok());
    ASSERT_TRUE(WriteFileAtomically(path_ + "/" + name, text, 0600).ok());
  }
  std::string Anchor() { return authority_.trust().value()->anchor_pem(); }

  const TestFolder parent_;
  const std::string path_ = parent_.path() + "/caroot";
  const TestCa root_ = MakeTestCa();
  const TestCa signing_ = MakeTestCa({.common_name = "VM", .issuer = &root_});
  Authority authority_{TrustFolder(path_), *Zone::Parse("mpd.test"), "7"};
};

TEST_F(AuthorityTest, MakesACaWhereThereIsNoneAndKeepsIt) {
  EXPECT_EQ(ErrorReason(authority_.trust().status()), "NO_VM_KEY") << "before it is read";
  EXPECT_TRUE(authority_.Reload());
  const std::string made = Anchor();
  EXPECT_FALSE(authority_.Reload()) << "nothing has changed";
  Authority again(TrustFolder(path_), *Zone::Parse("mpd.test"), "7");
  EXPECT_TRUE(again.Reload());
  EXPECT_EQ(again.trust().value()->anchor_pem(), made);
}

TEST_F(AuthorityTest, WhatIsPushedCountsOnceItIsWhole) {
  ASSERT_TRUE(authority_.Reload());
  const std::string made = Anchor();
  Push("rootCA.pem", root_.certificate);
  EXPECT_FALSE(authority_.Reload());
  Push("vmCA.pem", signing_.certificate);
  EXPECT_FALSE(authority_.Reload());
  EXPECT_EQ(Anchor(), made) << "the old one goes on";
  Push("vmCA-key.pem", signing_.key);
  EXPECT_TRUE(authority_.Reload());
  EXPECT_EQ(Anchor(), root_.certificate);
}

TEST_F(AuthorityTest, APartOfAPairIsNamedAndNotReplaced) {
  Push("vmCA.pem", signing_.certificate);
  EXPECT_FALSE(authority_.Reload());
  EXPECT_EQ(ErrorReason(authority_.trust().status()), "NO_VM_KEY");
  EXPECT_THAT(authority_.trust().status().message(), HasSubstr("belong together"));
  Push("rootCA.pem", root_.certificate);
  Push("vmCA-key.pem", root_.key);
  EXPECT_FALSE(authority_.Reload());
  EXPECT_EQ(ErrorReason(authority_.trust().status()), "CERTIFICATE_REFUSED");
  EXPECT_EQ(ReadFile(path_ + "/vmCA.pem").value(), signing_.certificate);
}

TEST_F(AuthorityTest, AnImportReplacesAllOrNothing) {
  ASSERT_TRUE(authority_.Reload());
  const std::string made = authority_.trust().value()->anchor_digest();
  const auto imported =
      authority_.Import({root_.certificate, signing_.certificate, signing_.key, ""});
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->replaced_digest, made);
  EXPECT_EQ(Anchor(), root_.certificate);
  EXPECT_FALSE(authority_.Reload()) << "it is what counts already";
  const auto again = authority_.Import({root_.certificate, signing_.certificate, signing_.key, ""});
  EXPECT_EQ(again->replaced_digest, imported->trust->anchor_digest());
  EXPECT_FALSE(authority_.Import({root_.certificate, signing_.certificate, root_.key, ""}).ok());
  EXPECT_EQ(Anchor(), root_.certificate);
  EXPECT_EQ(ReadFile(path_ + "/vmCA-key.pem").value(), signing_.key);
}

TEST_F(AuthorityTest, ARootAloneHasToVouchForWhatSigns) {
  ASSERT_TRUE(authority_.Import({root_.certificate, signing_.certificate, signing_.key, ""}).ok());
  EXPECT_FALSE(authority_.Import({MakeTestCa().certificate, "", "", ""}).ok());
  const auto same = authority_.Import({root_.certificate, "", "", ""});
  EXPECT_TRUE(same.ok()) << same.status();
  const auto own = authority_.Import({root_.certificate, "", root_.key, ""});
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->trust->signing_pem(), root_.certificate);
}

TEST_F(AuthorityTest, WhatIsAboutToEndIsNotImported) {
  const TestCa ending = MakeTestCa({.not_after = absl::Now() + absl::Hours(23)});
  const absl::Status status = authority_.Import({ending.certificate, "", ending.key, ""}).status();
  EXPECT_THAT(status.message(), HasSubstr("ends soon"));
}

}  // namespace
}  // namespace mpd::ca
