// Fetching an image from a registry, as a part of a pass.
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_IMAGE_PULL_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_IMAGE_PULL_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "container-manager/reconcile/workload_pass.h"

namespace mpd::containers {

// Returns once the image is in Podman's storage. `tell` is called again and again with how far it
// is; its error ends the pull. Errors: FAILED_PRECONDITION (IMAGE_PULL_FAILED), also when the
// registry says nothing for parts.pull_silence; UNAVAILABLE (PODMAN_UNAVAILABLE); ABORTED once the
// context is stale.
Awaitable<absl::Status> PullImage(const PassParts& parts, PassContext* context, std::string image,
                                  std::function<Awaitable<absl::Status>(std::string)> tell);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_IMAGE_PULL_H_
