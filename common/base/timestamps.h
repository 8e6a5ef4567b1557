// Abseil's times and durations as Protobuf's messages, and back.
#ifndef MPD_COMMON_BASE_TIMESTAMPS_H_
#define MPD_COMMON_BASE_TIMESTAMPS_H_

#include <optional>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace mpd {

// Cut to whole nanoseconds. What lies outside of the years 1 to 9999, which is all that a Timestamp
// may hold, becomes the nearest that it may: so do the infinite past and future.
google::protobuf::Timestamp ToTimestamp(absl::Time time);

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

// Cut to whole nanoseconds, towards zero. What is longer than a Duration may hold (10,000 years)
// becomes the longest that it may.
google::protobuf::Duration ToDurationProto(absl::Duration duration);

// Nothing where the message is not a valid Duration: too long, nanoseconds of a second or more, or
// seconds and nanoseconds of different signs.
std::optional<absl::Duration> FromDurationProto(const google::protobuf::Duration& duration);

}  // namespace mpd

#endif  // MPD_COMMON_BASE_TIMESTAMPS_H_
