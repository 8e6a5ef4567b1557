// mpdctl as a function, so that tests can run it in their own process.
#ifndef MPD_GATEWAY_CTL_CTL_H_
#define MPD_GATEWAY_CTL_CTL_H_

#include <string>
#include <vector>

#include "gateway/ctl/commands/app.h"

namespace mpd::gateway::ctl {

// Runs one command line, given without the program's name, and returns the exit code. The endpoint
// is used when the command line names none.
int RunCtl(const std::vector<std::string>& arguments, const Terminal& terminal,
           const std::string& default_endpoint);

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_CTL_H_
