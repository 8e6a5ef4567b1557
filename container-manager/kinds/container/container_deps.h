// What kinds with a container work with.
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_CONTAINER_DEPS_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_CONTAINER_DEPS_H_

#include <string>

#include "absl/time/time.h"
#include "common/config/config.h"
#include "common/probe/probe.h"
#include "container-manager/containers/drivers.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/peers/peers.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

// Paths on the VM.
struct Folders {
  std::string state;    // this component's own
  std::string dnsmasq;  // dnsd-controller's, what dnsmasq reads
  std::string caroot;
  std::string platform_env;  // a file
  std::string resolve = "/run/systemd/resolve";
  std::string passwd = "/etc/passwd";  // a file
};

// All must outlive the loop's last run.
struct ContainerDeps {
  boost::asio::io_context* loop = nullptr;
  const Config* config = nullptr;
  WorkloadStore* store = nullptr;
  PodmanInterface* podman = nullptr;
  Drivers* drivers = nullptr;
  LeaseInterface* leases = nullptr;
  ResolverInterface* resolver = nullptr;
  ProbeInterface* probe = nullptr;
  Folders folders;
  // How long a container may run without being usable.
  absl::Duration ready_timeout = absl::Seconds(60);
  // How long names may be unknown that are leased in another store of ipam's than the resolver
  // follows, before they are leased again.
  absl::Duration lease_again = absl::Seconds(1);
  // How long a registry may send nothing while an image is fetched.
  absl::Duration pull_silence = absl::Seconds(30);
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_CONTAINER_DEPS_H_
