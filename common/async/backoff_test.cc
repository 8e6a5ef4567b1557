#include "common/async/backoff.h"

#include <gtest/gtest.h>

namespace mpd {
namespace {

TEST(BackoffTest, DoublesUpToTheLongest) {
  Backoff backoff(absl::Milliseconds(50), absl::Milliseconds(300));
  for (const int milliseconds : {50, 100, 200, 300, 300}) {
    EXPECT_EQ(backoff.Next(), absl::Milliseconds(milliseconds));
  }
}

TEST(BackoffTest, BeginsAnewAfterASuccess) {
  Backoff backoff(absl::Milliseconds(50), absl::Seconds(2));
  backoff.Next();
  backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(50));
}

}  // namespace
}  // namespace mpd
