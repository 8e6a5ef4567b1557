// Databases in the API.
#ifndef MPD_CONTAINER_MANAGER_KINDS_DATABASE_DATABASE_API_H_
#define MPD_CONTAINER_MANAGER_KINDS_DATABASE_DATABASE_API_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/types/names.h"
#include "container-manager/model/workload_store.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::containers {

// Errors: INVALID_ARGUMENT of the field `engine` or `version`.
absl::StatusOr<WorkloadId> DatabaseWorkloadId(absl::string_view engine, absl::string_view version);

struct DatabaseApi {
  using Resource = api::Database;
  static constexpr char kType[] = "db";
  static constexpr char kNoun[] = "Database";  // of the methods' names: CreateDatabase
  // What a request is about, as a wish that is not stored yet.
  template <typename Request>
  static absl::StatusOr<WorkloadRecord> Target(const Request& request) {
    return TargetOf(request.engine(), request.version());
  }
  static absl::StatusOr<WorkloadRecord> TargetOf(absl::string_view engine,
                                                 absl::string_view version);
  static api::Database View(const WorkloadRecord& record, const Zone& zone);
  static api::Database* Add(api::ListDatabasesResponse* list) { return list->add_databases(); }
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_DATABASE_DATABASE_API_H_
