// The command line of a daemon.
#ifndef MPD_COMMON_DAEMON_DAEMON_FLAGS_H_
#define MPD_COMMON_DAEMON_DAEMON_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

struct DaemonFlags {
  enum class Action { kServe, kCheckConfig, kHelp, kVersion };
  Action action = Action::kServe;
  std::string state_root;
  std::string run_root;
  std::string config;
  std::string podman_socket;
  std::string log_level;
};

// Reads every flag that the program defines with ABSL_FLAG, and gives those of all daemons.
// INVALID_ARGUMENT (INVALID_FLAG), one line, for what is no flag or has no valid value. Not
// absl::ParseCommandLine, which writes several lines and exits.
absl::StatusOr<DaemonFlags> ParseDaemonFlags(int argc, const char* const* argv);

// What --help prints.
std::string DaemonUsage(absl::string_view program);

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_DAEMON_FLAGS_H_
