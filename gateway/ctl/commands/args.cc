#include "gateway/ctl/commands/args.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mpd::gateway::ctl {
namespace {

constexpr absl::Duration kLongestTimeout = absl::Hours(24);
constexpr int kMostLines = 1'000'000;

struct Option {
  std::string name;
  std::optional<std::string> value;
};

Option Split(const std::string& argument) {
  const size_t equals = argument.find('=');
  if (equals == std::string::npos) return {argument, std::nullopt};
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

absl::Status SetTimeout(const std::string& text, Args* args) {
  int64_t seconds = 0;
  absl::Duration duration;
  if (absl::SimpleAtoi(text, &seconds)) {
    duration = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &duration)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--timeout ", text, ": give seconds, or a unit too: 90, 90s, 2m"));
  }
  if (duration <= absl::ZeroDuration() || duration > kLongestTimeout) {
    return absl::InvalidArgumentError(
        absl::StrCat("--timeout ", text, ": more than 0 and at most 24h"));
  }
  args->timeout = duration;
  return absl::OkStatus();
}

absl::Status SetTail(const std::string& text, Args* args) {
  int lines = 0;
  if (!absl::SimpleAtoi(text, &lines) || lines < 0 || lines > kMostLines) {
    return absl::InvalidArgumentError(
        absl::StrCat("--tail ", text, ": a number of lines, 0 to ", kMostLines));
  }
  args->tail = lines;
  return absl::OkStatus();
}

absl::Status SetEndpoint(const std::string& text, Args* args) {
  if (!absl::StartsWith(text, "unix:") || text.size() == 5) {
    return absl::InvalidArgumentError(
        absl::StrCat("--endpoint ", text, ": give unix:/path/to/gateway.sock"));
  }
  args->endpoint = text;
  return absl::OkStatus();
}

bool SetFlag(const std::string& name, Args* args) {
  if (name == "--no-wait") {
    args->wait = false;
  } else if (name == "--json") {
    args->json = true;
  } else if (name == "--help" || name == "-h") {
    args->help = true;
  } else if (name == "--version") {
    args->version = true;
  } else if (name == "--follow" || name == "-f") {
    args->follow = true;
  } else {
    return false;
  }
  return true;
}

bool TakesValue(const std::string& name) {
  return name == "--timeout" || name == "--endpoint" || name == "--tail";
}

absl::Status SetValue(const Option& option, Args* args) {
  if (option.name == "--timeout") return SetTimeout(*option.value, args);
  if (option.name == "--tail") return SetTail(*option.value, args);
  return SetEndpoint(*option.value, args);
}

}  // namespace

absl::StatusOr<Args> ParseArgs(const std::vector<std::string>& arguments) {
  Args args;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") {
      args.words.insert(args.words.end(), arguments.begin() + static_cast<int64_t>(i) + 1,
                        arguments.end());
      break;
    }
    if (argument.size() < 2 || argument[0] != '-') {
      args.words.push_back(argument);
      continue;
    }
    Option option = Split(argument);
    if (TakesValue(option.name)) {
      if (!option.value.has_value()) {
        if (i + 1 == arguments.size()) {
          return absl::InvalidArgumentError(absl::StrCat(option.name, " needs a value"));
        }
        option.value = arguments[++i];
      }
      if (absl::Status status = SetValue(option, &args); !status.ok()) return status;
    } else if (option.value.has_value() || !SetFlag(option.name, &args)) {
      return absl::InvalidArgumentError(
          absl::StrCat("No option ", argument, "; mpdctl --help lists them"));
    }
  }
  return args;
}

}  // namespace mpd::gateway::ctl
