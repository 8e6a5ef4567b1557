// The journal should not name this file as the place that every message comes from.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "common/base/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/logging_format.h"
#include "common/base/status.h"

namespace mpd {
namespace {

struct Sink {
  Sink() : lines("mpd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    lines.set_level(spdlog::level::trace);
    lines.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
  }

  std::atomic<LogLevel> level{LogLevel::kInfo};
  std::string component = "mpd";
  bool journal = false;
  spdlog::logger lines;
};

// Never destroyed: threads that outlive main's end may still log.
Sink& TheSink() {
  static Sink* const kSink = new Sink;
  return *kSink;
}

absl::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarning:
      return "WARNING";
    case LogLevel::kError:
      return "ERROR";
  }
  return "ERROR";
}

std::optional<LogLevel> ParseLevel(absl::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warning") return LogLevel::kWarning;
  if (text == "error") return LogLevel::kError;
  return std::nullopt;
}

bool SendToJournal(const std::vector<std::string>& fields) {
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  for (const std::string& field : fields) {
    parts.push_back({const_cast<char*>(field.data()), field.size()});
  }
  return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) >= 0;
}

}  // namespace

void Log(LogLevel level, absl::string_view id, absl::string_view message, LogFields fields) {
  Sink& sink = TheSink();
  if (level < sink.level.load(std::memory_order_relaxed)) return;
  if (sink.journal &&
      SendToJournal(FormatJournalFields(sink.component, level, id, message, fields))) {
    return;
  }
  const std::string line = absl::StrCat(LevelName(level), " ", FormatLogText(id, message, fields));
  sink.lines.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

absl::Status InitLogging(absl::string_view component, absl::string_view level) {
  const std::optional<LogLevel> parsed = ParseLevel(level);
  if (!parsed.has_value()) {
    return InvalidField("log_level", level, "must be debug, info, warning or error");
  }
  Sink& sink = TheSink();
  sink.level.store(*parsed, std::memory_order_relaxed);
  sink.component = absl::StrCat("mpd-", component);
  sink.journal = IsJournalStream(std::getenv("JOURNAL_STREAM"), STDERR_FILENO);
  return absl::OkStatus();
}

bool LogLimiter::Allow(int64_t* suppressed) {
  const int64_t now = absl::GetCurrentTimeNanos();
  int64_t next = next_ns_.load(std::memory_order_relaxed);
  if (now < next ||
      !next_ns_.compare_exchange_strong(next, now + interval_ns_, std::memory_order_relaxed)) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  *suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
  return true;
}

}  // namespace mpd
