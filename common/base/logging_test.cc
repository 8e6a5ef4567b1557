#include "common/base/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/logging_format.h"
#include "common/base/status.h"

namespace mpd {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

class LogTest : public ::testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(InitLogging("test", "info").ok()); }

  template <typename Function>
  static std::string Captured(Function function) {
    ::testing::internal::CaptureStderr();
    function();
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, OneLineWithTimeLevelIdAndFields) {
  EXPECT_THAT(Captured([] {
                LOG_WARNING("RESOLVER_SILENT", "The resolver does not answer",
                            {{"resolver", "10.163.0.3:53"}});
              }),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z "
                           "WARNING RESOLVER_SILENT The resolver does not answer "
                           "resolver=10\\.163\\.0\\.3:53\n"));
}

TEST_F(LogTest, ValuesFromOutsideStayOnOneLine) {
  const std::string line = Captured([] {
    LOG_ERROR("BAD_NAME", "Refused\nname", {{"name", "a\nERROR FORGED x\x1B[2J"}, {"empty", ""}});
  });
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_THAT(line, ::testing::EndsWith("ERROR BAD_NAME Refused\\nname "
                                        "name=\"a\\nERROR FORGED x\\033[2J\" empty=\"\"\n"));
}

TEST_F(LogTest, BracesAreNotAFormat) {
  EXPECT_THAT(Captured([] { LOG_INFO("BRACES", "{} {0} {"); }),
              ::testing::EndsWith("INFO BRACES {} {0} {\n"));
}

TEST_F(LogTest, LevelHidesWhatIsBelow) {
  ASSERT_TRUE(InitLogging("test", "warning").ok());
  EXPECT_EQ(Captured([] { LOG_INFO("HIDDEN", "not shown"); }), "");
  EXPECT_NE(Captured([] { LOG_WARNING("SHOWN", "shown"); }), "");
  ASSERT_TRUE(InitLogging("test", "debug").ok());
  EXPECT_NE(Captured([] { LOG_DEBUG("SHOWN", "shown"); }), "");
}

TEST_F(LogTest, UnknownLevelIsRefused) {
  const absl::Status status = InitLogging("test", "loud");
  EXPECT_EQ(ErrorReason(status), "INVALID_FIELD");
  EXPECT_EQ(ErrorMetadataValue(status, "field"), "log_level");
}

TEST(FormatJournalFieldsTest, FieldsOfTheirOwn) {
  EXPECT_THAT(FormatJournalFields("mpd-ipam", LogLevel::kError, "LEASE_LOST", "A lease is gone",
                                  {{"owner-name", "db/x"}, {"why", "two words"}}),
              ElementsAre("MESSAGE=LEASE_LOST A lease is gone owner-name=db/x why=\"two words\"",
                          "PRIORITY=3", "SYSLOG_IDENTIFIER=mpd-ipam", "MPD_MESSAGE_ID=LEASE_LOST",
                          "MPD_OWNER_NAME=db/x", "MPD_WHY=two words"));
}

TEST(IsJournalStreamTest, ComparesDeviceAndInode) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  struct stat info = {};
  ASSERT_EQ(fstat(fileno(file), &info), 0);
  EXPECT_TRUE(IsJournalStream(absl::StrCat(info.st_dev, ":", info.st_ino).c_str(), fileno(file)));
  EXPECT_FALSE(
      IsJournalStream(absl::StrCat(info.st_dev, ":", info.st_ino + 1).c_str(), fileno(file)));
  EXPECT_FALSE(IsJournalStream("nonsense", fileno(file)));
  EXPECT_FALSE(IsJournalStream(nullptr, fileno(file)));
  std::fclose(file);
}

TEST(LogLimiterTest, LetsOneThroughAndCountsTheRest) {
  LogLimiter limiter(absl::Hours(1));
  int64_t suppressed = -1;
  EXPECT_TRUE(limiter.Allow(&suppressed));
  EXPECT_EQ(suppressed, 0);
  EXPECT_FALSE(limiter.Allow(&suppressed));

  LogLimiter unlimited(absl::ZeroDuration());
  EXPECT_TRUE(unlimited.Allow(&suppressed));
  EXPECT_TRUE(unlimited.Allow(&suppressed));
}

TEST(LogLimiterTest, OneThreadOfManyWins) {
  LogLimiter limiter(absl::Hours(1));
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      int64_t suppressed = 0;
      for (int n = 0; n < 1000; ++n) allowed += limiter.Allow(&suppressed) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 1);
}

}  // namespace
}  // namespace mpd
