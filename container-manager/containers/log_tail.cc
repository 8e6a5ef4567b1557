#include "container-manager/containers/log_tail.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/terminal_text.h"

namespace mpd::containers {
namespace {

constexpr absl::string_view kSeparator = " | ";

// From a character's beginning on, where the text is UTF-8.
absl::string_view LastBytes(absl::string_view line, size_t limit) {
  line.remove_prefix(line.size() - limit);
  while (!line.empty() && (static_cast<unsigned char>(line[0]) & 0xC0) == 0x80) {
    line.remove_prefix(1);
  }
  return line;
}

}  // namespace

std::string LogTail(absl::string_view log, size_t limit) {
  const std::string text = CleanText(log);
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  std::string tail;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const absl::string_view words = absl::StripAsciiWhitespace(*line);
    if (words.empty()) continue;
    if (tail.empty()) {
      tail = std::string(words.size() > limit ? LastBytes(words, limit) : words);
      continue;
    }
    if (words.size() + kSeparator.size() + tail.size() > limit) break;
    tail = absl::StrCat(words, kSeparator, tail);
  }
  return tail;
}

}  // namespace mpd::containers
