// `mpdctl status` as text.
#ifndef MPD_GATEWAY_CTL_VIEW_STATUS_VIEW_H_
#define MPD_GATEWAY_CTL_VIEW_STATUS_VIEW_H_

#include <string>

#include "mpd/gateway/v1/gateway.pb.h"

namespace mpd::gateway::ctl {

// Components, environment, resolver, workloads and pools; what is unknown because its component
// does not answer is left out.
std::string RenderStatus(const mpd::gateway::v1::Status& status, bool color);

bool AllHealthy(const mpd::gateway::v1::Status& status);

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_VIEW_STATUS_VIEW_H_
