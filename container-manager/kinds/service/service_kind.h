// The kind of the services beside the resolver: portal, fileaccess, adminer.
#ifndef MPD_CONTAINER_MANAGER_KINDS_SERVICE_SERVICE_KIND_H_
#define MPD_CONTAINER_MANAGER_KINDS_SERVICE_SERVICE_KIND_H_

#include <optional>
#include <string>
#include <vector>

#include "container-manager/kinds/container/container_workload.h"

namespace mpd::containers {

WorkloadId PortalId();
WorkloadId FileaccessId();
WorkloadId AdminerId();

class ServiceKind final : public ContainerWorkload {
 public:
  using ContainerWorkload::ContainerWorkload;

  absl::string_view type() const override;
  absl::StatusOr<WorkloadId> ParseName(absl::string_view name) const override;
  absl::Duration StopGrace() const override;
  void Follow(std::weak_ptr<WorkloadWaker> waker) override;
  std::vector<Declaration> Declared() const override;
  void View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const override;

  std::string Pool() const override;
  // The portal has adminer's name too: it stands in front of it.
  std::vector<std::string> Hostnames(const WorkloadRecord& record) const override;
  absl::Status FillSpec(Pass& pass, const std::optional<ContainerInfo>& found,
                        const std::string& folder, ContainerSpec* spec) const override;
  Awaitable<absl::Status> CheckUsable(UsableQuestion question) const override;

 private:
  // The digest of what the service reads only when it starts.
  absl::StatusOr<std::string> WriteFiles(const WorkloadId& id, const std::string& folder) const;
  absl::StatusOr<std::string> WritePortalFiles(const std::string& folder) const;
  absl::StatusOr<std::string> WriteFileaccessFiles(const std::string& folder) const;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_SERVICE_SERVICE_KIND_H_
