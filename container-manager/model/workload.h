// What a workload is called: to callers, in the store, as a container, as a lease's owner.
#ifndef MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_H_
#define MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_H_

#include <compare>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd::containers {

enum class WorkloadKind { kService, kRuntime, kDatabase };

// Checked: made by the functions below only, so a name is safe in a file name and a container name.
struct WorkloadId {
  WorkloadKind kind = WorkloadKind::kService;
  std::string name;  // of a database: its id, "postgres-17"

  auto operator<=>(const WorkloadId&) const = default;

  // "runtime/php": as in the API, and the owner of its lease.
  std::string Key() const;
  // "mpd-runtime-php"
  std::string ContainerName() const;
  // The pool of its address, and its names in the zone: "runtimes", {"php.runtime"}. The portal has
  // adminer's name too, which it stands in front of.
  std::string Pool() const;
  std::vector<std::string> Hostnames() const;
};

// The value of the label mpd.type.
absl::string_view TypeLabel(WorkloadKind kind);

// The services. dnsmasq, the resolver of the zone, starts before all others and stops after them.
WorkloadId DnsmasqId();
WorkloadId PortalId();
WorkloadId FileaccessId();
WorkloadId AdminerId();

// Errors name the request's field: `name`, and `workload` below. INVALID_ARGUMENT (INVALID_FIELD).
absl::StatusOr<WorkloadId> RuntimeId(absl::string_view name);
absl::StatusOr<WorkloadId> DatabaseWorkloadId(absl::string_view engine, absl::string_view version);
// NOT_FOUND where there is no service of this name.
absl::StatusOr<WorkloadId> ServiceId(absl::string_view name);
// "<kind>/<name>".
absl::StatusOr<WorkloadId> ParseWorkloadKey(absl::string_view key);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_H_
