#include "container-manager/kinds/database/database_api.h"

#include <string>

#include "common/base/status.h"
#include "common/types/field_path.h"
#include "container-manager/model/workload_status.h"

namespace mpd::containers {

absl::StatusOr<WorkloadId> DatabaseWorkloadId(absl::string_view engine, absl::string_view version) {
  const auto checked_engine = DatabaseEngine::Parse(engine);
  if (!checked_engine.ok()) return AtField("engine", checked_engine.status());
  const auto checked_version = DatabaseVersion::Parse(version);
  if (!checked_version.ok()) return AtField("version", checked_version.status());
  return WorkloadId{DatabaseApi::kType, DatabaseId(*checked_engine, *checked_version)};
}

absl::StatusOr<WorkloadRecord> DatabaseApi::TargetOf(absl::string_view engine,
                                                     absl::string_view version) {
  WorkloadRecord target;
  ASSIGN_OR_RETURN(target.id, DatabaseWorkloadId(engine, version));
  target.wish.set_engine(std::string(engine));
  target.wish.set_version(std::string(version));
  return target;
}

api::Database DatabaseApi::View(const WorkloadRecord& record, const Zone& zone) {
  api::Database database;
  database.set_id(record.id.name);
  database.set_engine(record.wish.engine());
  database.set_version(record.wish.version());
  database.set_image(record.observed.image());
  *database.mutable_status() = StatusView(record, zone);
  return database;
}

}  // namespace mpd::containers
