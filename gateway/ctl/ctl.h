// mpdctl without its process: what tests run.
#ifndef MPD_GATEWAY_CTL_CTL_H_
#define MPD_GATEWAY_CTL_CTL_H_

#include <string>
#include <vector>

#include "gateway/ctl/commands/app.h"

namespace mpd::gateway::ctl {

// Runs one command line (without the program's name); the exit code.
int RunCtl(const std::vector<std::string>& arguments, const Terminal& terminal,
           const std::string& default_endpoint);

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_CTL_H_
