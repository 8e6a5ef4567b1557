#include "container-manager/kinds/runtime/runtime_api.h"

#include "common/base/status.h"
#include "common/types/field_path.h"
#include "container-manager/model/workload_status.h"

namespace mpd::containers {

absl::StatusOr<WorkloadId> RuntimeId(absl::string_view name) {
  const auto checked = RuntimeName::Parse(name);
  if (!checked.ok()) return AtField("name", checked.status());
  return WorkloadId{RuntimeApi::kType, checked->value()};
}

absl::StatusOr<WorkloadRecord> RuntimeApi::TargetOf(absl::string_view name) {
  WorkloadRecord target;
  ASSIGN_OR_RETURN(target.id, RuntimeId(name));
  return target;
}

api::Runtime RuntimeApi::View(const WorkloadRecord& record, const Zone& zone) {
  api::Runtime runtime;
  runtime.set_name(record.id.name);
  runtime.set_image(record.wish.image());
  *runtime.mutable_status() = StatusView(record, zone);
  return runtime;
}

}  // namespace mpd::containers
