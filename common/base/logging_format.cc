#include "common/base/logging_format.h"

#include <sys/stat.h>

#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"

namespace mpd {
namespace {

constexpr size_t kMaxMessage = 4000;
constexpr size_t kMaxValue = 1000;
// journald refuses longer names of fields.
constexpr size_t kMaxJournalKey = 64;

std::string Quoted(absl::string_view value) {
  const std::string printable = Printable(value, kMaxValue);
  if (!printable.empty() && printable.find_first_of(" \"=") == std::string::npos) return printable;
  return absl::StrCat("\"", absl::StrReplaceAll(printable, {{"\"", "\\\""}}), "\"");
}

std::string JournalKey(absl::string_view key) {
  std::string out = "MPD_";
  for (const char c : key) {
    out += absl::ascii_isalnum(static_cast<unsigned char>(c)) ? absl::ascii_toupper(c) : '_';
  }
  if (out.size() > kMaxJournalKey) out.resize(kMaxJournalKey);
  return out;
}

// syslog(3)'s numbers, without its header: its LOG_INFO is a macro, as ours is.
int JournalPriority(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return 7;
    case LogLevel::kInfo:
      return 6;
    case LogLevel::kWarning:
      return 4;
    case LogLevel::kError:
      return 3;
  }
  return 3;
}

}  // namespace

std::string FormatLogText(absl::string_view id, absl::string_view message, LogFields fields) {
  std::string text = absl::StrCat(id, " ", Printable(message, kMaxMessage));
  for (const auto& [key, value] : fields) absl::StrAppend(&text, " ", key, "=", Quoted(value));
  return text;
}

std::vector<std::string> FormatJournalFields(absl::string_view component, LogLevel level,
                                             absl::string_view id, absl::string_view message,
                                             LogFields fields) {
  std::vector<std::string> out = {
      absl::StrCat("MESSAGE=", FormatLogText(id, message, fields)),
      absl::StrCat("PRIORITY=", JournalPriority(level)),
      absl::StrCat("SYSLOG_IDENTIFIER=", component),
      absl::StrCat("MPD_MESSAGE_ID=", id),
  };
  for (const auto& [key, value] : fields) {
    out.push_back(absl::StrCat(JournalKey(key), "=", Printable(value, kMaxValue)));
  }
  return out;
}

bool IsJournalStream(const char* journal_stream, int descriptor) {
  if (journal_stream == nullptr) return false;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(journal_stream, absl::MaxSplits(':', 1));
  uint64_t device = 0;
  uint64_t inode = 0;
  struct stat file = {};
  return absl::SimpleAtoi(parts.first, &device) && absl::SimpleAtoi(parts.second, &inode) &&
         fstat(descriptor, &file) == 0 && file.st_dev == device && file.st_ino == inode;
}

}  // namespace mpd
