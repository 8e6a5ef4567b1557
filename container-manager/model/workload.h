// What a workload is called: in the store, as a container, as a lease's owner.
#ifndef MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_H_
#define MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_H_

#include <compare>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mpd::containers {

// Both parts are of [a-z0-9-]: what comes from outside becomes an id by its kind's ParseName only,
// so an id is safe in a file name and a container name.
struct WorkloadId {
  std::string type;  // as its kind calls it: "runtime"
  std::string name;  // of a database its id, "postgres-17"

  auto operator<=>(const WorkloadId&) const = default;

  // "runtime/php": as in the API, and the owner of its lease.
  std::string Key() const;
  // "mpd-runtime-php"
  std::string ContainerName() const;
};

// The id that a key of our own store, or labels of our own containers, give; nullopt where the key
// has not the form of one. Whether there is such a kind is not asked.
std::optional<WorkloadId> WorkloadIdOfKey(absl::string_view key);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_H_
