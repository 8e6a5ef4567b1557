#include "dnsd-controller/verify/escalation.h"

#include <gtest/gtest.h>

#include <vector>

namespace mpd::dnsd {
namespace {

using Step = Escalation::Step;

const absl::Time kBegin = absl::FromUnixSeconds(1'800'000'000);

class EscalationTest : public ::testing::Test {
 protected:
  Step At(int seconds) { return escalation_.Check(kBegin + absl::Seconds(seconds)); }
  // The seconds, up to `until`, at which this step is due.
  std::vector<int> When(Step step, int until) {
    std::vector<int> seconds;
    for (int second = 0; second <= until; ++second) {
      if (At(second) == step) seconds.push_back(second);
    }
    return seconds;
  }

  Escalation escalation_{absl::Seconds(2), absl::Seconds(6), absl::Seconds(30)};
};

TEST_F(EscalationTest, NothingIsDueAtFirst) {
  EXPECT_EQ(At(0), Step::kNone);
  EXPECT_EQ(At(1), Step::kNone);
}

TEST_F(EscalationTest, OneReloadThenARestart) {
  EXPECT_EQ(When(Step::kReload, 5), std::vector<int>{2});
  EXPECT_EQ(At(6), Step::kRestart);
}

TEST_F(EscalationTest, IntervalsBetweenRestartsDoubleUpToTheLongest) {
  EXPECT_EQ(When(Step::kRestart, 150), (std::vector<int>{6, 12, 24, 48, 78, 108, 138}));
}

TEST_F(EscalationTest, AfterClearItStartsWithAReloadAgain) {
  When(Step::kRestart, 60);
  escalation_.Clear();
  EXPECT_EQ(At(100), Step::kNone);
  EXPECT_EQ(At(102), Step::kReload);
  EXPECT_EQ(At(106), Step::kRestart);
}

TEST(EscalationWithoutReloadTest, RestartsOnly) {
  Escalation escalation(std::nullopt, absl::Seconds(15), absl::Minutes(5));
  EXPECT_EQ(escalation.Check(kBegin), Step::kNone);
  EXPECT_EQ(escalation.Check(kBegin + absl::Seconds(14)), Step::kNone);
  EXPECT_EQ(escalation.Check(kBegin + absl::Seconds(15)), Step::kRestart);
}

}  // namespace
}  // namespace mpd::dnsd
