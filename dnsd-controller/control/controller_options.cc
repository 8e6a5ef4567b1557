#include "dnsd-controller/control/controller_options.h"

#include "common/base/status.h"

namespace mpd::dnsd {

absl::StatusOr<ControllerOptions> MakeControllerOptions(const Config& config,
                                                        const std::string& state_folder,
                                                        const std::string& conf_folder) {
  ASSIGN_OR_RETURN(const Ipv4Address resolver, config.FixedAddressOf(kResolverOwner));
  ControllerOptions options(
      ResolverLayout(config.zone, config.subnet, {resolver, Ipv4Address(0x7f000001)}));
  options.state_folder = state_folder;
  options.conf_folder = conf_folder;
  options.own_addresses = {resolver.ToString(), config.gateway.ToString(),
                           config.tunnel_vm.ToString()};
  while (options.conf_folder.size() > 1 && options.conf_folder.back() == '/') {
    options.conf_folder.pop_back();
  }
  return options;
}

}  // namespace mpd::dnsd
