// Renders the output of `mpdctl status`.
#ifndef MPD_GATEWAY_CTL_VIEW_STATUS_VIEW_H_
#define MPD_GATEWAY_CTL_VIEW_STATUS_VIEW_H_

#include <string>

#include "mpd/gateway/v1/gateway.pb.h"

namespace mpd::gateway::ctl {

// Renders components, environment, resolver, workloads and pools. What is unknown, because its
// component does not reply, is left out.
std::string RenderStatus(const mpd::gateway::v1::Status& status, bool color);

bool AllHealthy(const mpd::gateway::v1::Status& status);

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_VIEW_STATUS_VIEW_H_
