#include "gateway/ca/authority/trust_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "common/base/files.h"
#include "common/base/status.h"
#include "common/testing/test_server.h"

namespace mpd::ca {
namespace {

namespace fs = std::filesystem;

const TrustFiles kOld = {"old root", "old certificate", "old key", ""};
const TrustFiles kNew = {"new root", "new certificate", "new key", ""};

class TrustFolderTest : public ::testing::Test {
 protected:
  void Push(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(path_ + "/" + name, text, 0600).ok());
  }
  void PushOld() {
    fs::create_directory(path_);
    Push("rootCA.pem", kOld.root_certificate);
    Push("vmCA.pem", kOld.signing_certificate);
    Push("vmCA-key.pem", kOld.signing_key);
  }
  std::string Reason() { return std::string(ErrorReason(folder_.Read().status())); }

  const TestFolder parent_;
  const std::string path_ = parent_.path() + "/caroot";
  const TrustFolder folder_{path_};
};

TEST_F(TrustFolderTest, NothingIsThereAtFirst) {
  EXPECT_EQ(folder_.Read().value(), TrustFiles());
  fs::create_directory(path_);
  EXPECT_EQ(folder_.Read().value(), TrustFiles());
}

TEST_F(TrustFolderTest, WhatIsReplacedIsReadUnderTheNamesThatUsersKnow) {
  ASSERT_TRUE(folder_.Replace(kOld).ok());
  EXPECT_EQ(folder_.Read().value(), kOld);
  ASSERT_TRUE(folder_.Replace(kNew).ok());
  EXPECT_EQ(folder_.Read().value(), kNew);
  EXPECT_EQ(ReadFile(path_ + "/vmCA.pem").value(), kNew.signing_certificate);
  struct stat key = {};
  ASSERT_EQ(stat((path_ + "/vmCA-key.pem").c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 07777, 0600u);
  // Links, and one folder that they lead to.
  EXPECT_EQ(std::distance(fs::directory_iterator(path_), fs::directory_iterator()), 5);
}

TEST_F(TrustFolderTest, PushedFilesCountAsTheyAre) {
  PushOld();
  EXPECT_EQ(folder_.Read().value(), kOld);
  ASSERT_TRUE(folder_.Replace(kNew).ok());
  EXPECT_EQ(folder_.Read().value(), kNew);
  Push("vmCA.pem", "pushed over the link");
  EXPECT_EQ(folder_.Read()->signing_certificate, "pushed over the link");
  ASSERT_TRUE(folder_.Replace(kOld).ok());
  EXPECT_EQ(folder_.Read().value(), kOld);
}

TEST_F(TrustFolderTest, ARootMaySignAloneAndItsKeyIsNotReadOtherwise) {
  fs::create_directory(path_);
  Push("rootCA.pem", "root");
  Push("rootCA-key.pem", "root key");
  EXPECT_EQ(folder_.Read().value(), (TrustFiles{"root", "", "", "root key"}));
  ASSERT_TRUE(folder_.Replace(kNew).ok());
  EXPECT_EQ(folder_.Read().value(), kNew);
}

TEST_F(TrustFolderTest, WhatIsNoFileOfOursIsAnErrorAndNeverTakenForAbsent) {
  PushOld();
  fs::remove(path_ + "/vmCA-key.pem");
  fs::create_symlink("/etc/passwd", path_ + "/vmCA-key.pem");
  EXPECT_EQ(Reason(), "NO_VM_KEY");
  fs::remove(path_ + "/vmCA-key.pem");
  ASSERT_EQ(mkfifo((path_ + "/vmCA-key.pem").c_str(), 0600), 0);
  EXPECT_EQ(Reason(), "NO_VM_KEY");
  fs::remove(path_ + "/vmCA-key.pem");
  fs::create_directory(path_ + "/vmCA-key.pem");
  EXPECT_EQ(Reason(), "NO_VM_KEY");
  fs::remove(path_ + "/vmCA-key.pem");
  Push("vmCA-key.pem", "");
  EXPECT_EQ(Reason(), "NO_VM_KEY");
  Push("vmCA-key.pem", std::string((64 << 10) + 1, 'x'));
  EXPECT_EQ(Reason(), "NO_VM_KEY");
}

// Ends the process before its n-th change of the disk; false when it has made them all.
bool ReplaceIsKilledAt(const std::string& path, const TrustFiles& files, int step) {
  const pid_t child = fork();
  if (child == 0) {
    int left = step;
    const TrustFolder folder(path, [&left] {
      if (left-- == 0) _exit(9);
    });
    _exit(folder.Replace(files).ok() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_NE(WEXITSTATUS(status), 1) << "step " << step;
  return WEXITSTATUS(status) == 9;
}

TEST_F(TrustFolderTest, KilledAnywhereItIsOldOrNewAndTheNextOneEnds) {
  for (const bool pushed : {false, true}) {
    bool killed = true;
    int step = 0;
    for (; killed; ++step) {
      fs::remove_all(path_);
      if (pushed) PushOld();
      killed = ReplaceIsKilledAt(path_, kNew, step);
      const TrustFiles found = folder_.Read().value();
      const TrustFiles before = pushed ? kOld : TrustFiles();
      EXPECT_TRUE(found == kNew || (killed && found == before)) << "killed at step " << step;
      ASSERT_TRUE(folder_.Replace(kNew).ok());
      EXPECT_EQ(folder_.Read().value(), kNew);
    }
    EXPECT_GT(step, pushed ? 15 : 10) << "of a test that sees nothing";
  }
}

}  // namespace
}  // namespace mpd::ca
