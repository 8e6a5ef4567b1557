// The labels by which containers, networks and volumes of ours are known in Podman.
#ifndef MPD_CONTAINER_MANAGER_CONTAINERS_LABELS_H_
#define MPD_CONTAINER_MANAGER_CONTAINERS_LABELS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "container-manager/model/workload.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

inline constexpr char kManagedLabel[] = "mpd.managed";
// A digest over the whole spec that the container was made from.
inline constexpr char kSpecLabel[] = "mpd.spec";
// A digest over what a service reads only when it starts; of dnsmasq the one that
// mpd-dnsd-controller gives.
inline constexpr char kConfigLabel[] = "mpd.config";
inline constexpr char kAddressLabel[] = "mpd.ip";

// Empty where there is none; valid as long as `labels`.
absl::string_view LabelOf(const Labels& labels, const std::string& key);

// What says of a container or volume that it is ours, and which workload's.
Labels IdentityLabels(const WorkloadId& id);

// The workload that a container of ours is for; nullopt where it does not carry our labels.
std::optional<WorkloadId> WorkloadOfLabels(const Labels& labels);

// Labelled as made by us, for whichever workload.
bool IsManaged(const Labels& labels);
// Labelled as made by us for this workload.
bool IsOurs(const Labels& labels, const WorkloadId& id);
// Labelled as made by us, and named as the labels say. Anybody can copy the labels alone.
bool IsNamedAsLabelled(const ContainerSummary& summary);

// Whether the container was made from this spec and, where the spec names one, this image.
bool IsMadeFrom(const ContainerInfo& container, const ContainerSpec& spec);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_CONTAINERS_LABELS_H_
