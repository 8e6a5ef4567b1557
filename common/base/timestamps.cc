#include "common/base/timestamps.h"

#include <algorithm>
#include <cstdint>

namespace mpd {
namespace {

// As google/protobuf/timestamp.proto and duration.proto say: from 0001-01-01T00:00:00Z to
// 9999-12-31T23:59:59.999999999Z, and 10,000 years either way.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;
constexpr int64_t kMostSeconds = 315'576'000'000;
constexpr int32_t kMostNanos = 999'999'999;

}  // namespace

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const absl::Time first = absl::FromUnixSeconds(kFirstSecond);
  const absl::Time last = absl::FromUnixSeconds(kLastSecond) + absl::Nanoseconds(kMostNanos);
  const absl::Time held = std::clamp(time, first, last);
  // Rounds down, also before 1970: the nanoseconds of a Timestamp count forward.
  const int64_t seconds = absl::ToUnixSeconds(held);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(held - absl::FromUnixSeconds(seconds))));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

google::protobuf::Duration ToDurationProto(absl::Duration duration) {
  const absl::Duration most = absl::Seconds(kMostSeconds);
  const absl::Duration held = std::clamp(duration, -most, most);
  const int64_t seconds = absl::ToInt64Seconds(held);
  google::protobuf::Duration proto;
  proto.set_seconds(seconds);
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(held - absl::Seconds(seconds))));
  return proto;
}

std::optional<absl::Duration> FromDurationProto(const google::protobuf::Duration& duration) {
  const int64_t seconds = duration.seconds();
  const int32_t nanos = duration.nanos();
  const bool in_range = std::clamp(seconds, -kMostSeconds, kMostSeconds) == seconds &&
                        std::clamp(nanos, -kMostNanos, kMostNanos) == nanos;
  const bool same_sign = (seconds >= 0 || nanos <= 0) && (seconds <= 0 || nanos >= 0);
  if (!in_range || !same_sign) return std::nullopt;
  return absl::Seconds(seconds) + absl::Nanoseconds(nanos);
}

}  // namespace mpd
