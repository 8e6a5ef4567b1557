#include "common/config/platform_env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd {
namespace {

using ::testing::HasSubstr;

PlatformEnv Parsed(absl::string_view text) {
  absl::StatusOr<PlatformEnv> env = ParsePlatformEnv(text, "platform.env");
  EXPECT_TRUE(env.ok()) << env.status();
  return env.ok() ? *env : PlatformEnv{};
}

TEST(PlatformEnvTest, ReadsAllThree) {
  const PlatformEnv env =
      Parsed("MPD_PLATFORM=managed\nMPD_VM_IP=192.168.64.7\nMPD_VM_ID=vm-7.a\n");
  EXPECT_FALSE(env.sandbox);
  EXPECT_EQ(env.vm_ip, "192.168.64.7");
  EXPECT_EQ(env.vm_id, "vm-7.a");
}

TEST(PlatformEnvTest, PlatformsByAllTheirNames) {
  EXPECT_TRUE(Parsed("MPD_PLATFORM=sandbox").sandbox);
  EXPECT_FALSE(Parsed("MPD_PLATFORM=machine").sandbox);
  EXPECT_FALSE(Parsed("").sandbox);
}

TEST(PlatformEnvTest, QuotesCommentsBlanksAndUnknownKeys) {
  const PlatformEnv env = Parsed(
      "# who we are\n\n  MPD_VM_ID='seven'  \r\nMPD_VM_IP=\"10.0.0.7\"\nLATER_KEY=a=b # "
      "c\nEMPTY=\n");
  EXPECT_EQ(env.vm_id, "seven");
  EXPECT_EQ(env.vm_ip, "10.0.0.7");
}

TEST(PlatformEnvTest, EmptyAddressIsASandboxes) {
  EXPECT_EQ(Parsed("MPD_PLATFORM=sandbox\nMPD_VM_IP=\nMPD_VM_ID=\"\"\n").vm_ip, "");
}

TEST(PlatformEnvTest, LastLineCounts) { EXPECT_EQ(Parsed("MPD_VM_ID=a\nMPD_VM_ID=b").vm_id, "b"); }

TEST(PlatformEnvTest, ErrorsNameSourceAndLine) {
  const absl::Status status = ParsePlatformEnv("A=1\nMPD_VM_IP=10.0.0\n", "the.env").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(status.message(), HasSubstr("the.env, line 2: "));
  EXPECT_THAT(status.message(), HasSubstr("IPv4"));
  EXPECT_EQ(ErrorReason(status), "PLATFORM_ENV_INVALID");
  EXPECT_EQ(ErrorMetadataValue(status, "line"), "2");
}

TEST(PlatformEnvTest, RefusesWhatWouldMislead) {
  for (const char* bad :
       {"MPD_PLATFORM=Sandbox", "MPD_PLATFORM=", "MPD_VM_IP=vm.local", "MPD_VM_IP=010.0.0.1",
        "MPD_VM_IP=10.0.0.1 ; x", "MPD_VM_ID=a b", "MPD_VM_ID=a/../b", "MPD_VM_ID=\"a",
        "MPD_VM_ID='", "MPD_VM_ID = a", "just words", "=value", "MPD_VM_ID=$(id)", "1A=b",
        "MPD_VM_ID=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParsePlatformEnv(bad, "x").status())) << bad;
  }
}

TEST(PlatformEnvTest, AbsentFileIsEmptyAnUnreadableOneAnError) {
  const std::string absent = ::testing::TempDir() + "no_such_platform.env";
  const absl::StatusOr<PlatformEnv> env = LoadPlatformEnv(absent);
  ASSERT_TRUE(env.ok()) << env.status();
  EXPECT_EQ(env->vm_id, "");
  EXPECT_FALSE(LoadPlatformEnv(::testing::TempDir()).ok()) << "a folder is no file";
}

TEST(PlatformEnvTest, LoadsAFile) {
  std::string folder = ::testing::TempDir() + "platform_env_test.XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/platform.env";
  ASSERT_TRUE(WriteFileAtomically(path, "MPD_VM_ID=nine\n", 0644).ok());
  const absl::StatusOr<PlatformEnv> env = LoadPlatformEnv(path);
  EXPECT_TRUE(RemoveFile(path).ok());
  rmdir(folder.c_str());
  ASSERT_TRUE(env.ok()) << env.status();
  EXPECT_EQ(env->vm_id, "nine");
}

}  // namespace
}  // namespace mpd
