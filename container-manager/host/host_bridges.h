// Bridges of the machine, and what hangs on them, that Podman forgot.
#ifndef MPD_CONTAINER_MANAGER_HOST_HOST_BRIDGES_H_
#define MPD_CONTAINER_MANAGER_HOST_HOST_BRIDGES_H_

#include <string>

#include "absl/status/status.h"

namespace mpd::containers {

class HostBridges {
 public:
  virtual ~HostBridges() = default;
  // Whether the interface is there and has this IPv4 address.
  virtual bool Has(const std::string& name, const std::string& address) const = 0;
  // Errors: FAILED_PRECONDITION (BRIDGE_IN_USE) where something is connected to it, or it is no
  // bridge; INTERNAL (BRIDGE_STAYS) where the kernel refuses.
  virtual absl::Status Remove(const std::string& name) = 0;
  // Takes off the bridge whatever is connected to it from another network namespace and has this
  // hardware address there ("02:6d:…"); how many those were. None of them may be in use.
  virtual int Unplug(const std::string& name, const std::string& hardware_address) = 0;
};

// By way of rtnetlink(7). Takes microseconds; needs CAP_NET_ADMIN to remove and to look into
// other namespaces.
class KernelBridges : public HostBridges {
 public:
  bool Has(const std::string& name, const std::string& address) const override;
  absl::Status Remove(const std::string& name) override;
  int Unplug(const std::string& name, const std::string& hardware_address) override;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_HOST_HOST_BRIDGES_H_
