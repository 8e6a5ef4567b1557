#include "container-manager/kinds/container/workload_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "common/base/files.h"

namespace mpd::containers {
namespace {

class WorkloadFilesTest : public ::testing::Test {
 protected:
  WorkloadFilesTest() {
    char folder[] = "/tmp/mpd-workload-files-XXXXXX";
    parent_ = mkdtemp(folder);
    folder_ = parent_ + "/services/portal";
  }
  ~WorkloadFilesTest() override { std::filesystem::remove_all(parent_); }

  std::string Content(const std::string& name) {
    return ReadFile(folder_ + "/" + name).value_or("(absent)");
  }
  ino_t InodeOfHosts() {
    struct stat found{};
    EXPECT_EQ(stat(HostsFile(folder_).c_str(), &found), 0);
    return found.st_ino;
  }

  std::string parent_;
  std::string folder_;
};

TEST_F(WorkloadFilesTest, TheHostsFileNamesTheContainerAndIsWrittenWhenItDiffers) {
  ASSERT_TRUE(WriteHostsFile(folder_, "portal", "10.163.0.4").ok());
  EXPECT_NE(Content("hosts").find("\n10.163.0.4 portal\n"), std::string::npos);
  const ino_t before = InodeOfHosts();
  ASSERT_TRUE(WriteHostsFile(folder_, "portal", "10.163.0.4").ok());
  EXPECT_EQ(InodeOfHosts(), before);
  ASSERT_TRUE(WriteHostsFile(folder_, "portal", "10.163.0.14").ok());
  EXPECT_NE(Content("hosts").find("\n10.163.0.14 portal\n"), std::string::npos);
}

TEST_F(WorkloadFilesTest, TheDevelopersKeysAreTheFilesContent) {
  const Developer developer{"dev", 1000, "ssh-ed25519 AAAA\n"};
  EXPECT_EQ(DeveloperLines(developer), "MPD_DEVELOPER_NAME=dev\nMPD_DEVELOPER_UID=1000\n");
  ASSERT_TRUE(MakeFolder(folder_, 0755).ok());
  ASSERT_TRUE(WriteDeveloperKeys(folder_, developer).ok());
  EXPECT_EQ(Content("authorized_keys"), "ssh-ed25519 AAAA\n");
}

TEST_F(WorkloadFilesTest, RemovalIsRepeatable) {
  ASSERT_TRUE(WriteHostsFile(folder_, "portal", "10.163.0.4").ok());
  ASSERT_TRUE(RemoveWorkloadFiles(folder_).ok());
  EXPECT_FALSE(std::filesystem::exists(folder_));
  EXPECT_TRUE(RemoveWorkloadFiles(folder_).ok());
}

}  // namespace
}  // namespace mpd::containers
