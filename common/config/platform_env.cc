#include "common/config/platform_env.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/types/net_types.h"

namespace mpd {
namespace {

constexpr size_t kMaxVmId = 63;

absl::Status BadLine(absl::string_view source, int line, absl::string_view problem) {
  const std::string number = absl::StrCat(line);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat(source, ", line ", number, ": ", problem), "PLATFORM_ENV_INVALID",
                   {{"path", source}, {"line", number}, {"problem", problem}});
}

bool IsKey(absl::string_view text) {
  return !text.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

bool IsVmId(absl::string_view text) {
  return text.size() <= kMaxVmId && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '-';
         });
}

// INVALID_ARGUMENT where a quote is left open.
absl::StatusOr<absl::string_view> Unquote(absl::string_view text) {
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return text;
  if (text.size() < 2 || text.back() != text.front()) {
    return absl::InvalidArgumentError("the value's closing quote is missing");
  }
  return text.substr(1, text.size() - 2);
}

absl::Status Apply(absl::string_view key, absl::string_view value, PlatformEnv& env) {
  if (key == "MPD_PLATFORM") {
    if (value != "managed" && value != "machine" && value != "sandbox") {
      return InvalidField(key, value, "must be managed, machine or sandbox");
    }
    env.sandbox = value == "sandbox";
  } else if (key == "MPD_VM_IP") {
    if (!value.empty() && !Ipv4Address::Parse(value).ok()) {
      return InvalidField(key, value, "must be an IPv4 address, or empty");
    }
    env.vm_ip = std::string(value);
  } else if (key == "MPD_VM_ID") {
    if (!IsVmId(value)) {
      return InvalidField(key, value, "must be at most 63 letters, digits, dots and dashes");
    }
    env.vm_id = std::string(value);
  }
  return absl::OkStatus();
}

absl::Status ApplyLine(absl::string_view line, PlatformEnv& env) {
  line = absl::StripAsciiWhitespace(line);
  if (line.empty() || line.front() == '#') return absl::OkStatus();
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(line, absl::MaxSplits('=', 1));
  if (line.find('=') == absl::string_view::npos || !IsKey(parts.first)) {
    return absl::InvalidArgumentError("must be KEY=VALUE, with no blanks around the key");
  }
  ASSIGN_OR_RETURN(const absl::string_view value, Unquote(parts.second));
  return Apply(parts.first, value, env);
}

}  // namespace

absl::StatusOr<PlatformEnv> ParsePlatformEnv(absl::string_view text, absl::string_view source) {
  PlatformEnv env;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::Status applied = ApplyLine(line, env);
    if (!applied.ok()) return BadLine(source, number, applied.message());
  }
  return env;
}

absl::StatusOr<PlatformEnv> LoadPlatformEnv(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (absl::IsNotFound(text.status())) return PlatformEnv{};
  if (!text.ok()) return text.status();
  return ParsePlatformEnv(*text, path);
}

}  // namespace mpd
