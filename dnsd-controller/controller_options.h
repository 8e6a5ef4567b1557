// How the configuration becomes a controller, and how its start is waited for.
#ifndef MPD_DNSD_CONTROLLER_CONTROLLER_OPTIONS_H_
#define MPD_DNSD_CONTROLLER_CONTROLLER_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/config.h"
#include "dnsd-controller/zone_controller.h"

namespace mpd::dnsd {

// The owner of the resolver's own address.
inline constexpr char kResolverOwner[] = "service/dnsmasq";

// NOT_FOUND when the configuration fixes no address for the resolver.
absl::StatusOr<ControllerOptions> MakeControllerOptions(const Config& config,
                                                        const std::string& state_folder,
                                                        const std::string& conf_folder);

// Runs the loop until all leases are on the disk, so that "ready" says so; for a second at most: an
// ipam that is down must not keep this service from telling that it is.
void WaitUntilRendered(boost::asio::io_context* loop, const ZoneController& controller);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_CONTROLLER_OPTIONS_H_
