// The files that dnsmasq reads only when it starts. Calls block on the disk. Not thread-safe.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_STATIC_CONFIG_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_STATIC_CONFIG_H_

#include <string>

#include "absl/status/status.h"
#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"

namespace mpd::dnsd {

class StaticConfig {
 public:
  // Writes into `folder`, which dnsmasq sees as layout.config_folder. `platform_env` is the path of
  // platform.env.
  StaticConfig(std::string folder, std::string platform_env, ResolverLayout layout);

  // Renders and writes what differs from the disk. A platform.env that can't be read leaves the
  // VM's address as it was last known.
  absl::Status Refresh();

  // Of the files as last written: 64 hexadecimal digits; empty until then.
  const std::string& digest() const { return digest_; }
  // What vm.service answers; empty: the name is not there.
  const std::string& vm_ip() const { return vm_ip_; }

 private:
  const std::string folder_;
  const std::string platform_env_;
  const ResolverLayout layout_;
  std::string digest_;
  std::string vm_ip_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_STATIC_CONFIG_H_
