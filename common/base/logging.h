// Structured logs: each message has a stable id that operators can search for, and key=value
// fields. To journald (MPD_MESSAGE_ID and MPD_<KEY> as fields of their own) where standard error is
// the journal, else one line to standard error.
//
//   LOG_WARNING("RESOLVER_SILENT", "The resolver does not answer; it is asked again",
//               {{"resolver", address}});
//
// Thread-safe. Values are made printable. Never pass secrets.
#ifndef MPD_COMMON_BASE_LOGGING_H_
#define MPD_COMMON_BASE_LOGGING_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/log_types.h"

namespace mpd {

void Log(LogLevel level, absl::string_view id, absl::string_view message, LogFields fields = {});

// `level`: debug, info, warning, error. Call once, before the first thread.
absl::Status InitLogging(absl::string_view component, absl::string_view level);

// Lets one event through per interval and counts the rest: for what can repeat quickly.
// Thread-safe.
class LogLimiter {
 public:
  explicit LogLimiter(absl::Duration interval) : interval_ns_(absl::ToInt64Nanoseconds(interval)) {}
  // True when the event should be logged; `suppressed` is how many were not since the last.
  bool Allow(int64_t* suppressed);

 private:
  const int64_t interval_ns_;
  std::atomic<int64_t> next_ns_{0};
  std::atomic<int64_t> suppressed_{0};
};

}  // namespace mpd

#define LOG_DEBUG(...) ::mpd::Log(::mpd::LogLevel::kDebug, __VA_ARGS__)
#define LOG_INFO(...) ::mpd::Log(::mpd::LogLevel::kInfo, __VA_ARGS__)
#define LOG_WARNING(...) ::mpd::Log(::mpd::LogLevel::kWarning, __VA_ARGS__)
#define LOG_ERROR(...) ::mpd::Log(::mpd::LogLevel::kError, __VA_ARGS__)

#endif  // MPD_COMMON_BASE_LOGGING_H_
