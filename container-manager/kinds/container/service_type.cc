#include "container-manager/kinds/container/service_type.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/types/field_path.h"
#include "container-manager/model/workload_errors.h"
#include "container-manager/model/workload_status.h"

namespace mpd::containers {

WorkloadId DnsmasqId() { return {kServiceType, "dnsmasq"}; }

absl::StatusOr<WorkloadId> ParseServiceName(absl::string_view name,
                                            const std::vector<WorkloadId>& ids) {
  const auto checked = ServiceName::Parse(name);
  if (!checked.ok()) return AtField("name", checked.status());
  WorkloadId id{kServiceType, checked->value()};
  if (std::find(ids.begin(), ids.end(), id) == ids.end()) return WorkloadErrors::NotFound(id.Key());
  return id;
}

std::vector<Declaration> DeclaredServices(const Config& config,
                                          const std::vector<WorkloadId>& ids) {
  std::vector<Declaration> declared;
  for (const WorkloadId& id : ids) {
    const auto image = config.service_images.find(id.name);
    if (image == config.service_images.end()) continue;
    declared.push_back({id, image->second, config.FixedAddressOf(id.Key()).ok()});
  }
  return declared;
}

absl::StatusOr<WorkloadRecord> ServiceApi::Target(const WorkloadKinds& kinds,
                                                  absl::string_view name) {
  WorkloadRecord target;
  ASSIGN_OR_RETURN(target.id, kinds.ParseName(kServiceType, name));
  return target;
}

api::Service ServiceApi::View(const WorkloadRecord& record, const Zone& zone) {
  api::Service service;
  service.set_name(record.id.name);
  *service.mutable_status() = StatusView(record, zone);
  return service;
}

}  // namespace mpd::containers
