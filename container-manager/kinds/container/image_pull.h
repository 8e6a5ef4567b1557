// Getting an image into Podman's storage, as a part of a pass.
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_IMAGE_PULL_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_IMAGE_PULL_H_

#include <string>

#include "absl/status/statusor.h"
#include "container-manager/kinds/container/container_deps.h"
#include "container-manager/reconcile/pass.h"

namespace mpd::containers {

// Returns once the image is in Podman's storage; the status tells meanwhile how much has come. The
// result is the id of its build where `has_container`, to compare with the container's; otherwise
// empty, as Podman reads the whole of an image for its id. Errors: FAILED_PRECONDITION
// (IMAGE_MISSING where only this machine could make it; IMAGE_PULL_FAILED, also when the registry
// sends nothing for deps.pull_silence); UNAVAILABLE (PODMAN_UNAVAILABLE); ABORTED once the pass is
// stale.
Awaitable<absl::StatusOr<std::string>> EnsureImage(const ContainerDeps& deps, Pass& pass,
                                                   std::string image, bool has_container);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_IMAGE_PULL_H_
