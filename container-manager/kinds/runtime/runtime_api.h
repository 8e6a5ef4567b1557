// Runtimes in the API.
#ifndef MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_API_H_
#define MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_API_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/types/names.h"
#include "container-manager/model/workload_store.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::containers {

// Errors: INVALID_ARGUMENT of the field `name`.
absl::StatusOr<WorkloadId> RuntimeId(absl::string_view name);

struct RuntimeApi {
  using Resource = api::Runtime;
  static constexpr char kType[] = "runtime";
  static constexpr char kNoun[] = "Runtime";  // of the methods' names: CreateRuntime
  // What a request is about, as a wish that is not stored yet.
  template <typename Request>
  static absl::StatusOr<WorkloadRecord> Target(const Request& request) {
    return TargetOf(request.name());
  }
  static absl::StatusOr<WorkloadRecord> TargetOf(absl::string_view name);
  static api::Runtime View(const WorkloadRecord& record, const Zone& zone);
  static api::Runtime* Add(api::ListRuntimesResponse* list) { return list->add_runtimes(); }
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_API_H_
