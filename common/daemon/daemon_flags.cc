#include "common/daemon/daemon_flags.h"

#include <cstdlib>
#include <map>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/common_errors.h"
#include "common/base/status.h"

namespace mpd {
namespace {

std::string EnvironmentOr(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

}  // namespace
}  // namespace mpd

ABSL_FLAG(std::string, state_root, mpd::EnvironmentOr("MPD_STATE_ROOT", "/var/lib/mpd"),
          "Folder of durable state ($MPD_STATE_ROOT)");
ABSL_FLAG(std::string, run_root, mpd::EnvironmentOr("MPD_RUN_ROOT", "/run/mpd"),
          "Folder of the components' sockets ($MPD_RUN_ROOT)");
ABSL_FLAG(std::string, config, mpd::EnvironmentOr("MPD_CONFIG", "/etc/mpd/mpd.textproto"),
          "Configuration, a Protobuf text message; absent = the defaults ($MPD_CONFIG)");
ABSL_FLAG(std::string, podman_socket,
          mpd::EnvironmentOr("MPD_PODMAN_SOCKET", "/run/podman/podman.sock"),
          "Podman's API socket ($MPD_PODMAN_SOCKET)");
ABSL_FLAG(std::string, log_level, mpd::EnvironmentOr("MPD_LOG_LEVEL", "info"),
          "debug, info, warning or error ($MPD_LOG_LEVEL)");
ABSL_FLAG(bool, check_config, false, "Validate the configuration, say so in one line, and exit");

namespace mpd {
namespace {

// One argument of the command line: "--name", "--name=value".
struct Argument {
  std::string name;
  std::string value;
  bool has_value = false;
};

absl::StatusOr<Argument> Split(absl::string_view text) {
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, "--") && !absl::ConsumePrefix(&rest, "-")) {
    return CommonErrors::InvalidFlag(text, "arguments without -- are not taken");
  }
  const size_t equals = rest.find('=');
  if (equals == absl::string_view::npos) return Argument{std::string(rest), "", false};
  return Argument{std::string(rest.substr(0, equals)), std::string(rest.substr(equals + 1)), true};
}

absl::Status SetFlag(absl::string_view text, const Argument& argument, bool* used_next,
                     const char* next) {
  absl::CommandLineFlag* flag = absl::FindCommandLineFlag(argument.name);
  if (flag == nullptr) return CommonErrors::InvalidFlag(text, "no such flag");
  std::string value = argument.value;
  if (!argument.has_value) {
    *used_next = !flag->IsOfType<bool>();
    if (*used_next && next == nullptr) return CommonErrors::InvalidFlag(text, "needs a value");
    value = *used_next ? next : "true";
  }
  std::string problem;
  if (!flag->ParseFrom(value, &problem)) {
    return CommonErrors::InvalidFlag(absl::StrCat("--", argument.name, "=", value),
                                     "not a value of this flag");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DaemonFlags> ParseDaemonFlags(int argc, const char* const* argv) {
  DaemonFlags flags;
  for (int i = 1; i < argc; ++i) {
    ASSIGN_OR_RETURN(const Argument argument, Split(argv[i]));
    if (!argument.has_value && (argument.name == "help" || argument.name == "h")) {
      flags.action = DaemonFlags::Action::kHelp;
    } else if (!argument.has_value && argument.name == "version") {
      flags.action = DaemonFlags::Action::kVersion;
    } else {
      bool used_next = false;
      RETURN_IF_ERROR(SetFlag(argv[i], argument, &used_next, i + 1 < argc ? argv[i + 1] : nullptr));
      if (used_next) ++i;
    }
  }
  if (flags.action == DaemonFlags::Action::kServe && absl::GetFlag(FLAGS_check_config)) {
    flags.action = DaemonFlags::Action::kCheckConfig;
  }
  flags.state_root = absl::GetFlag(FLAGS_state_root);
  flags.run_root = absl::GetFlag(FLAGS_run_root);
  flags.config = absl::GetFlag(FLAGS_config);
  flags.podman_socket = absl::GetFlag(FLAGS_podman_socket);
  flags.log_level = absl::GetFlag(FLAGS_log_level);
  return flags;
}

std::string DaemonUsage(absl::string_view program) {
  std::map<std::string, std::string> lines;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    const bool is_switch = flag->IsOfType<bool>();
    lines[std::string(name)] =
        absl::StrCat("  --", name, is_switch ? "" : "=VALUE", "\n      ", flag->Help(), "\n",
                     is_switch ? "" : absl::StrCat("      default: ", flag->DefaultValue(), "\n"));
  }
  lines["help"] = "  --help\n      This text\n";
  lines["version"] = "  --version\n      Version and build, and exit\n";
  std::string usage = absl::StrCat("Usage: ", program, " [--flag=value ...]\n\n");
  for (const auto& [name, text] : lines) usage += text;
  return usage;
}

}  // namespace mpd
