#ifndef MPD_CONTAINER_MANAGER_CONTAINERS_CONTAINER_ERRORS_H_
#define MPD_CONTAINER_MANAGER_CONTAINERS_CONTAINER_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mpd::containers {

// Why a workload is not what it should be; each becomes its status_message.
class ContainerErrors {
 public:
  // Somebody else's container has the name.
  static absl::Status Foreign(absl::string_view container);
  static absl::Status ForeignVolume(absl::string_view volume);
  // Somebody else's network, or ours in use, differs from the configuration.
  static absl::Status NetworkDiffers(absl::string_view network, absl::string_view difference);
  // `container` of somebody else uses it; empty: the volume itself is somebody else's.
  static absl::Status VolumeLost(absl::string_view volume, absl::string_view container);
  static absl::Status ImageMissing(absl::string_view image);
  static absl::Status PullFailed(absl::string_view image, absl::string_view problem);
  static absl::Status ArchiveFailed(absl::string_view folder, int exit_code, absl::string_view log);
  // `log` is what it printed last.
  static absl::Status Exited(absl::string_view container, int exit_code, absl::string_view log);
  // `problem` names the layer: its network, sshd, systemd, the login, its names. `command` is what
  // shows more.
  static absl::Status NotReady(absl::string_view container, absl::Duration waited,
                               absl::string_view problem, absl::string_view log,
                               absl::string_view command);
  // A container that runs, and is not this workload's, has the address.
  static absl::Status AddressTaken(absl::string_view address, absl::string_view container);
  // Podman's address table gives it to `holder`, which does not run, and cannot be recreated.
  static absl::Status AddressHeld(absl::string_view address, absl::string_view holder);
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_CONTAINERS_CONTAINER_ERRORS_H_
