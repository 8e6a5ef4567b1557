#include "container-manager/kinds/runtime/runtime_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd::containers {
namespace {

class RuntimeFilesTest : public ::testing::Test {
 protected:
  RuntimeFilesTest() {
    char folder[] = "/tmp/mpd-runtime-files-XXXXXX";
    folder_ = mkdtemp(folder);
    files_.folder = folder_ + "/runtimes/php";
    files_.runtime_name = "php";
    files_.hostname = "mpd-vm1-php";
    files_.address = "10.163.0.100";
    files_.caroot = folder_ + "/caroot";
    std::filesystem::create_directories(files_.caroot);
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
  EXPECT_NE(Content("hosts").find("10.163.0.100 mpd-vm1-php\n"), std::string::npos);
  EXPECT_EQ(Content("rootCA.pem"), "root certificate");
  EXPECT_EQ(Content("vmCA.pem"), "(absent)");
}

TEST_F(RuntimeFilesTest, WritesWhatAServiceWithALoginReads) {
  std::filesystem::create_directories(files_.folder);
  ASSERT_TRUE(WriteDeveloperFiles(files_.folder, {"dev", 1000, "ssh-ed25519 AAAA\n"}).ok());
  EXPECT_EQ(Content("developer.env"), "MPD_DEVELOPER_NAME=dev\nMPD_DEVELOPER_UID=1000\n");
  EXPECT_EQ(Content("authorized_keys"), "ssh-ed25519 AAAA\n");
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
  ASSERT_TRUE(RemoveWorkloadFiles(files_.folder).ok());
  ASSERT_TRUE(RemoveWorkloadFiles(files_.folder).ok());
}

TEST_F(RuntimeFilesTest, TheDeveloperIsTheNamedUserOrTheFirstOrdinaryOne) {
  const std::string passwd = Write("passwd",
                                   "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/no\n"
                                   "later:x:1005:1::/home/later:/bin/sh\nbroken\n"
                                   "first:x:1001:1::/home/first:/bin/sh\n");
  const std::string keys = Write("keys", "ssh-ed25519 AAAA\n");
  const auto first = FindDeveloper("", keys, passwd);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->name, "first");
  EXPECT_EQ(first->uid, 1001u);
  EXPECT_EQ(FindDeveloper("later", keys, passwd)->uid, 1005u);
  EXPECT_EQ(ErrorReason(FindDeveloper("root", keys, passwd).status()), "NO_DEVELOPER");
  EXPECT_EQ(ErrorReason(FindDeveloper("", keys, Write("none", "root:x:0:0::/:/\n")).status()),
            "NO_DEVELOPER");
}

TEST_F(RuntimeFilesTest, KeysThatAreMissingOrEmptyAreToldWithTheirFile) {
  const std::string home = folder_ + "/home";
  const std::string passwd = Write("passwd", "dev:x:1000:1::" + home + ":/bin/sh\n");
  const absl::Status missing = FindDeveloper("", "", passwd).status();
  EXPECT_EQ(ErrorReason(missing), "NO_AUTHORIZED_KEYS");
  EXPECT_EQ(ErrorMetadataValue(missing, "file"), home + "/.ssh/authorized_keys");
  const absl::Status empty = FindDeveloper("", Write("keys", " \n"), passwd).status();
  EXPECT_EQ(ErrorReason(empty), "NO_AUTHORIZED_KEYS");
}

}  // namespace
}  // namespace mpd::containers
