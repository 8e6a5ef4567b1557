// Writes the files that dnsmasq reads only when it starts: dnsmasq.conf and services.conf.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_STATIC_CONFIG_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_STATIC_CONFIG_H_

#include <string>

#include "absl/status/status.h"
#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"

namespace mpd::dnsd {

// Calls block for the disk. Not thread-safe.
class StaticConfig {
 public:
  // Writes into `folder`, which dnsmasq sees as layout.config_folder. `platform_env` is the path of
  // platform.env, which holds the VM's address.
  StaticConfig(std::string folder, std::string platform_env, ResolverLayout layout);

  // Renders the files and writes those that differ from the disk. When platform.env can't be read,
  // the files are written with the VM's address as it was last read, and the error is returned.
  absl::Status Refresh();

  // SHA-256 of the files as last written, 64 hexadecimal digits; empty before the first Refresh.
  // When it differs from the digest that a running resolver was started with, the resolver has to
  // be restarted.
  const std::string& digest() const { return digest_; }
  // The address that vm.service resolves to; empty when the name does not exist.
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
