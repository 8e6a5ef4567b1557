#include "common/rpc/grpc_1_51/workarounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mpd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What is logged while the version is applied; `on` is what that answers.
std::string Apply(const std::string& version, bool* on) {
  ::testing::internal::CaptureStderr();
  *on = GrpcWorkaroundsApply(version);
  return ::testing::internal::GetCapturedStderr();
}

TEST(WorkaroundsTest, AreOnForTheInstalledGrpc) {
  // Fails on a newer gRPC: see of each workaround whether it is still needed, with its test.
  EXPECT_TRUE(GrpcWorkaroundsOn());
}

TEST(WorkaroundsTest, AreOnForAPatchOfTheVersion) {
  for (const char* version : {"1.51.0", "1.51.1", "1.51.12-dev"}) {
    bool on = false;
    EXPECT_THAT(Apply(version, &on), IsEmpty()) << version;
    EXPECT_TRUE(on) << version;
    EXPECT_TRUE(GrpcWorkaroundsOn());
  }
}

TEST(WorkaroundsTest, SwitchThemselvesOffForAnotherVersionAndWarnOnce) {
  for (const char* version : {"1.52.0", "1.5", "1.510.0", "2.51.1", ""}) {
    bool on = false;
    ASSERT_TRUE(GrpcWorkaroundsApply("1.51.1"));
    EXPECT_THAT(Apply(version, &on),
                AllOf(HasSubstr("WARNING GRPC_WORKAROUNDS_OFF"), HasSubstr("made_for=1.51"),
                      HasSubstr(std::string("version=") + version)));
    EXPECT_FALSE(on) << version;
    EXPECT_FALSE(GrpcWorkaroundsOn());
    EXPECT_THAT(Apply(version, &on), IsEmpty()) << "it was said";
  }
}

}  // namespace
}  // namespace mpd
