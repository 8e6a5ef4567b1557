#include "gateway/ctl/ctl.h"

#include <utility>

#include "absl/status/statusor.h"
#include "common/daemon/build_info.h"
#include "gateway/ctl/commands/args.h"
#include "gateway/ctl/verbs.h"

namespace mpd::gateway::ctl {

int RunCtl(const std::vector<std::string>& arguments, const Terminal& terminal,
           const std::string& default_endpoint) {
  absl::StatusOr<Args> args = ParseArgs(arguments);
  if (!args.ok()) {
    *terminal.err << "mpdctl: " << args.status().message() << "\n";
    return kUsage;
  }
  if (args->version) {
    *terminal.out << "mpdctl " << BuildVersion() << " " << BuildCommit() << "\n";
    return kOk;
  }
  if (args->help) {
    *terminal.out << Usage();
    return kOk;
  }
  if (args->words.empty()) {
    *terminal.err << Usage();
    return kUsage;
  }
  const absl::StatusOr<Invocation> invocation = FindVerb(args->words);
  if (!invocation.ok()) {
    *terminal.err << "mpdctl: " << invocation.status().message() << "\n";
    return kUsage;
  }
  const App app(*std::move(args), terminal, default_endpoint);
  return invocation->verb->run(app, invocation->words);
}

}  // namespace mpd::gateway::ctl
