// Which verbs mpdctl has, and what they take.
#ifndef MPD_GATEWAY_CTL_VERBS_H_
#define MPD_GATEWAY_CTL_VERBS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/ctl/commands/commands.h"

namespace mpd::gateway::ctl {

struct Verb {
  std::string path;       // "runtime create"
  std::string arguments;  // "NAME"
  std::string summary;
  size_t least;  // how many arguments
  size_t most;
  bool (*accepts)(size_t count);  // further limits; nullptr where there are none
  int (*run)(const App& app, const Words& words);
};

const std::vector<Verb>& AllVerbs();

struct Invocation {
  const Verb* verb;
  Words words;
};

// Finds the verb that the words begin with and checks the count of its arguments. INVALID_ARGUMENT
// with a short usage: for a verb that does not exist, the nearest that does.
absl::StatusOr<Invocation> FindVerb(const Words& words);

std::string Usage();

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_VERBS_H_
