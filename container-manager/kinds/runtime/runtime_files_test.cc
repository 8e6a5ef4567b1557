#include "container-manager/kinds/runtime/runtime_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "common/base/files.h"

namespace mpd::containers {
namespace {

class RuntimeFilesTest : public ::testing::Test {
 protected:
  RuntimeFilesTest() {
    char folder[] = "/tmp/mpd-runtime-files-XXXXXX";
    folder_ = mkdtemp(folder);
    files_.folder = folder_ + "/runtimes/php";
    files_.runtime_name = "php";
    files_.caroot = folder_ + "/caroot";
    std::filesystem::create_directories(files_.caroot);
    std::filesystem::create_directories(files_.folder);
  }
  ~RuntimeFilesTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& content) {
    EXPECT_TRUE(WriteFileAtomically(folder_ + "/" + name, content, 0644).ok());
    return folder_ + "/" + name;
  }
  std::string Content(const std::string& name) {
    return ReadFile(files_.folder + "/" + name).value_or("(absent)");
  }

  std::string folder_;
  RuntimeFiles files_;
};

TEST_F(RuntimeFilesTest, WritesWhatTheImageReads) {
  Write("caroot/rootCA.pem", "root certificate");
  ASSERT_TRUE(WriteRuntimeFiles(files_, {"dev", 1000, "ssh-ed25519 AAAA\n"}).ok());
  EXPECT_EQ(Content("runtime.env"),
            "MPD_RUNTIME_NAME=php\nMPD_DEVELOPER_NAME=dev\nMPD_DEVELOPER_UID=1000\n");
  EXPECT_EQ(Content("authorized_keys"), "ssh-ed25519 AAAA\n");
  EXPECT_EQ(Content("rootCA.pem"), "root certificate");
  EXPECT_EQ(Content("vmCA.pem"), "(absent)");
}

TEST_F(RuntimeFilesTest, FollowsKeysAndCertificatesAndLeavesTheRest) {
  Write("caroot/rootCA.pem", "one");
  ASSERT_TRUE(WriteRuntimeFiles(files_, {"dev", 1000, "first\n"}).ok());
  struct stat before{};
  ASSERT_EQ(stat((files_.folder + "/runtime.env").c_str(), &before), 0);
  ASSERT_TRUE(RemoveFile(files_.caroot + "/rootCA.pem").ok());
  ASSERT_TRUE(WriteRuntimeFiles(files_, {"dev", 1000, "second\n"}).ok());
  EXPECT_EQ(Content("authorized_keys"), "second\n");
  EXPECT_EQ(Content("rootCA.pem"), "(absent)");
  struct stat after{};
  ASSERT_EQ(stat((files_.folder + "/runtime.env").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

}  // namespace
}  // namespace mpd::containers
