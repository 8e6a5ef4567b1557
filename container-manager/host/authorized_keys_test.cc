#include "container-manager/host/authorized_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace mpd::containers {
namespace {

using ::testing::HasSubstr;

constexpr char kBytes[] = "AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
const std::string kKey = absl::StrCat("ssh-ed25519 ", kBytes);

class ReadUsersFileTest : public ::testing::Test {
 protected:
  ReadUsersFileTest() {
    char folder[] = "/tmp/mpd-keys-XXXXXX";
    home_ = mkdtemp(folder);
    std::filesystem::create_directory(home_ + "/.ssh");
  }
  ~ReadUsersFileTest() override { std::filesystem::remove_all(home_); }

  std::string Problem() { return std::string(Read().status().message()); }
  absl::StatusOr<std::string> Read() { return ReadUsersFile(home_, file(), getuid()); }
  std::string file() const { return home_ + "/.ssh/authorized_keys"; }

  std::string home_;
};

TEST_F(ReadUsersFileTest, IsReadWhole) {
  std::ofstream(file()) << kKey << "\n";
  EXPECT_EQ(Read().value(), kKey + "\n");
  std::ofstream(file()) << std::string(256 << 10, '#');
  EXPECT_EQ(Read()->size(), 256u << 10);
}

TEST_F(ReadUsersFileTest, NoLinkIsFollowed) {
  std::ofstream(home_ + "/secret") << "secret\n";
  std::filesystem::create_symlink(home_ + "/secret", file());
  EXPECT_THAT(Problem(), HasSubstr("symbolic link"));
  std::filesystem::remove_all(home_ + "/.ssh");
  std::filesystem::create_directory(home_ + "/elsewhere");
  std::ofstream(home_ + "/elsewhere/authorized_keys") << kKey << "\n";
  std::filesystem::create_directory_symlink(home_ + "/elsewhere", home_ + "/.ssh");
  EXPECT_THAT(Problem(), HasSubstr("symbolic link"));
}

TEST_F(ReadUsersFileTest, NothingIsWaitedFor) {
  ASSERT_EQ(mkfifo(file().c_str(), 0600), 0);
  EXPECT_THAT(Problem(), HasSubstr("regular"));
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_THAT(Problem(), HasSubstr("regular"));
}

TEST_F(ReadUsersFileTest, WhatIsTooLargeOrAbsentIsSaid) {
  EXPECT_THAT(Problem(), HasSubstr("No such file"));
  std::ofstream(file()) << "x";
  std::filesystem::resize_file(file(), (256 << 10) + 1);
  EXPECT_THAT(Problem(), HasSubstr("too large"));
  // Sparse: nobody reads a terabyte.
  std::filesystem::resize_file(file(), int64_t{1} << 40);
  EXPECT_THAT(Problem(), HasSubstr("too large"));
}

TEST_F(ReadUsersFileTest, ItsOwnerIsTheUserAndNobodyElseWritesIt) {
  std::ofstream(file()) << kKey << "\n";
  ASSERT_EQ(chmod(file().c_str(), 0666), 0);
  EXPECT_THAT(Problem(), HasSubstr("everybody"));
  ASSERT_EQ(chmod(file().c_str(), 0600), 0);
  if (getuid() != 0) GTEST_SKIP() << "only root gives files away";
  ASSERT_EQ(chown(file().c_str(), 4242, 4242), 0);
  EXPECT_THAT(Problem(), HasSubstr("another user"));
  EXPECT_TRUE(ReadUsersFile(home_, file(), 4242).ok());
}

TEST_F(ReadUsersFileTest, ItIsBelowTheBase) {
  std::ofstream(file()) << kKey << "\n";
  EXPECT_FALSE(ReadUsersFile(home_ + "/.ssh", home_ + "/.ssh/../.ssh/authorized_keys", 0).ok());
  EXPECT_FALSE(ReadUsersFile("/nowhere", file(), 0).ok());
  EXPECT_FALSE(ReadUsersFile(home_, home_, 0).ok());
}

TEST(KeyLinesTest, OnlyKeysStay) {
  const std::string options = "from=\"10.*\",command=\"echo \\\"a b\\\"\" " + kKey + " me@laptop";
  EXPECT_EQ(KeyLines("# mine\r\n" + kKey + " me\r\n\n  " + options + "\nroot:$6$x:1:2:3:::\n"),
            kKey + " me\n" + options + "\n");
  EXPECT_EQ(KeyLines(kKey), kKey + "\n") << "without a line end";
}

TEST(KeyLinesTest, WhatOnlyLooksLikeAKeyDoesNot) {
  for (const std::string& line :
       {std::string("ssh-ed25519 AAAA"), absl::StrCat("ssh-rsa ", kBytes),
        absl::StrCat("ssh-ed25519 ", kBytes, "\x1B[2J"), absl::StrCat("open=\"", kKey),
        absl::StrCat("ssh-ed25519-cert-v01@openssh.com ", kBytes), std::string(kBytes),
        std::string("-----BEGIN OPENSSH PRIVATE KEY-----"),
        kKey + " " + std::string(16 << 10, 'x')}) {
    EXPECT_EQ(KeyLines(line), "") << line.substr(0, 80);
  }
}

}  // namespace
}  // namespace mpd::containers
