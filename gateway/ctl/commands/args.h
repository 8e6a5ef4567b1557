// Parses the command line of mpdctl.
#ifndef MPD_GATEWAY_CTL_COMMANDS_ARGS_H_
#define MPD_GATEWAY_CTL_COMMANDS_ARGS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mpd::gateway::ctl {

struct Args {
  std::vector<std::string> words;  // the verb and its arguments
  std::string endpoint;            // "unix:/…"; empty: the default
  std::optional<absl::Duration> timeout;
  bool wait = true;
  bool json = false;
  bool help = false;
  bool version = false;
  bool follow = false;      // logs
  std::optional<int> tail;  // logs; unset: all lines
};

// Options may stand anywhere before "--", as "--name value" or "--name=value". A timeout is a
// number of seconds, or has a unit: 90, 90s, 2m. INVALID_ARGUMENT with a sentence about what is
// wrong.
absl::StatusOr<Args> ParseArgs(const std::vector<std::string>& arguments);

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_COMMANDS_ARGS_H_
