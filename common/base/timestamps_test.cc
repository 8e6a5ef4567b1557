#include "common/base/timestamps.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <string>

namespace mpd {
namespace {

using google::protobuf::util::TimeUtil;

google::protobuf::Duration DurationProto(int64_t seconds, int32_t nanos) {
  google::protobuf::Duration duration;
  duration.set_seconds(seconds);
  duration.set_nanos(nanos);
  return duration;
}

// Held against what Protobuf itself prints.
TEST(TimestampsTest, ATimestampIsTheTime) {
  const absl::Time time = absl::FromUnixSeconds(1'800'000'000) + absl::Nanoseconds(7);
  EXPECT_EQ(TimeUtil::ToString(ToTimestamp(time)), "2027-01-15T08:00:00.000000007Z");
  EXPECT_EQ(TimeUtil::ToString(ToTimestamp(absl::FromUnixNanos(-1))),
            "1969-12-31T23:59:59.999999999Z");
}

TEST(TimestampsTest, ATimeComesBack) {
  for (const absl::Time time : {absl::UnixEpoch(), absl::FromUnixNanos(-1),
                                absl::FromUnixSeconds(1'800'000'000) + absl::Nanoseconds(7)}) {
    EXPECT_EQ(FromTimestamp(ToTimestamp(time)), time);
  }
}

TEST(TimestampsTest, WhatATimestampCannotHoldIsTheNearestThatItCan) {
  EXPECT_EQ(TimeUtil::ToString(ToTimestamp(absl::InfinitePast())), "0001-01-01T00:00:00Z");
  EXPECT_EQ(TimeUtil::ToString(ToTimestamp(absl::InfiniteFuture())),
            "9999-12-31T23:59:59.999999999Z");
}

TEST(TimestampsTest, ADurationComesBack) {
  for (const absl::Duration duration : {absl::ZeroDuration(), absl::Milliseconds(1500),
                                        absl::Milliseconds(-1500), absl::Nanoseconds(-1)}) {
    EXPECT_EQ(FromDurationProto(ToDurationProto(duration)), duration);
  }
  EXPECT_EQ(TimeUtil::ToString(ToDurationProto(absl::Milliseconds(-1500))), "-1.500s");
}

TEST(TimestampsTest, WhatADurationCannotHoldIsTheLongestThatItCan) {
  EXPECT_EQ(ToDurationProto(absl::InfiniteDuration()).seconds(), 315'576'000'000);
  EXPECT_EQ(ToDurationProto(-absl::InfiniteDuration()).seconds(), -315'576'000'000);
}

TEST(TimestampsTest, AnInvalidDurationIsNothing) {
  EXPECT_EQ(FromDurationProto(DurationProto(1, -1)), std::nullopt);
  EXPECT_EQ(FromDurationProto(DurationProto(-1, 1)), std::nullopt);
  EXPECT_EQ(FromDurationProto(DurationProto(0, 1'000'000'000)), std::nullopt);
  EXPECT_EQ(FromDurationProto(DurationProto(315'576'000'001, 0)), std::nullopt);
  EXPECT_EQ(FromDurationProto(DurationProto(INT64_MIN, INT32_MIN)), std::nullopt);
}

}  // namespace
}  // namespace mpd
