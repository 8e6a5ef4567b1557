// Makes the controller's options from the daemon's configuration.
#ifndef MPD_DNSD_CONTROLLER_CONTROL_CONTROLLER_OPTIONS_H_
#define MPD_DNSD_CONTROLLER_CONTROL_CONTROLLER_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/config/config.h"
#include "dnsd-controller/control/zone_controller.h"

namespace mpd::dnsd {

// The owner of the lease of the resolver's own address.
inline constexpr char kResolverOwner[] = "service/dnsmasq";

// NOT_FOUND when the configuration fixes no address for kResolverOwner.
absl::StatusOr<ControllerOptions> MakeControllerOptions(const Config& config,
                                                        const std::string& state_folder,
                                                        const std::string& conf_folder);

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_CONTROL_CONTROLLER_OPTIONS_H_
