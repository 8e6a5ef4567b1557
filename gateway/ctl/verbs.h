// The verbs of mpdctl and the arguments that they take.
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
  size_t least;  // the lowest and highest number of arguments
  size_t most;
  bool (*accepts)(size_t count);  // whether this number is allowed; nullptr when all in between are
  int (*run)(const App& app, const Words& words);
};

const std::vector<Verb>& AllVerbs();

struct Invocation {
  const Verb* verb;
  Words words;
};

// Finds the verb with which the words begin, and checks the number of its arguments.
// INVALID_ARGUMENT with a short usage: that of the verb, or of the most similar one when there is
// no such verb.
absl::StatusOr<Invocation> FindVerb(const Words& words);

// The text of --help.
std::string Usage();

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_VERBS_H_
