// What the specs of all containers have alike.
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_BASE_SPEC_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_BASE_SPEC_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/config/config.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

NetworkSpec NetworkSpecOf(const Config& config);

// Name, image, address, network, the data volume and the labels. A kind fills in the rest.
ContainerSpec BeginSpec(const Config& config, const WorkloadRecord& record,
                        absl::Duration stop_grace);

// Puts in the label that says what the container was made from. Comes last: the digest is over
// everything else in the spec. A digest that differs from a container's label has the container
// recreated.
void SealSpec(const WorkloadRecord& record, ContainerSpec* spec);

// Two texts of one digest are the same: 24 hexadecimal digits.
std::string DigestOf(absl::string_view text);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_BASE_SPEC_H_
