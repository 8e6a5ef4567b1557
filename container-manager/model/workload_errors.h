#ifndef MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_ERRORS_H_
#define MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mpd::containers {

// `workload` is "<kind>/<name>".
class WorkloadErrors {
 public:
  static absl::Status NotFound(absl::string_view workload);
  static absl::Status Exists(absl::string_view workload);
  // A database of the same id has another version.
  static absl::Status DatabaseIdTaken(absl::string_view workload, absl::string_view version,
                                      absl::string_view existing_version);
  static absl::Status BeingDeleted(absl::string_view workload);
  static absl::Status RequestIdReused(absl::string_view request_id);
  // Other calls kept changing what this one wanted to change.
  static absl::Status Contended(absl::string_view what);
  static absl::Status NoContainer(absl::string_view workload);
  static absl::Status StoreRecreated(absl::string_view asked, absl::string_view store_id);
  static absl::Status SlowReader(int64_t revision);
  static absl::Status NotAvailable(absl::string_view what);
  // What the store holds under the key is not what was written.
  static absl::Status RecordDamaged(absl::string_view key);
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_MODEL_WORKLOAD_ERRORS_H_
