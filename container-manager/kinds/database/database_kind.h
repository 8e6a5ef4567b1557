// The kind of the database servers: PostgreSQL, MariaDB, MySQL.
#ifndef MPD_CONTAINER_MANAGER_KINDS_DATABASE_DATABASE_KIND_H_
#define MPD_CONTAINER_MANAGER_KINDS_DATABASE_DATABASE_KIND_H_

#include <optional>
#include <string>

#include "container-manager/kinds/container/container_workload.h"

namespace mpd::containers {

class DatabaseKind final : public ContainerWorkload {
 public:
  using ContainerWorkload::ContainerWorkload;

  absl::string_view type() const override;
  // `name` is an id, "postgres-17": engine and version are not to be had from it.
  absl::StatusOr<WorkloadId> ParseName(absl::string_view name) const override;
  absl::Duration StopGrace() const override;
  void View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const override;

  std::string Pool() const override;
  // The configured one; otherwise the one that its data were made with; otherwise one that this
  // machine has, or a registry.
  Awaitable<absl::StatusOr<std::string>> Image(Pass& pass) const override;
  bool KeepsBuild(const WorkloadRecord& record, const ContainerInfo& running,
                  const std::string& image) const override;
  absl::Status FillSpec(Pass& pass, const std::optional<ContainerInfo>& found,
                        const std::string& folder, ContainerSpec* spec) const override;
  // A login succeeds.
  Awaitable<absl::Status> CheckUsable(UsableQuestion question) const override;
  // Moves the data to the backups, by a container of its own.
  Awaitable<absl::Status> AfterRemove(Pass& pass) const override;

 private:
  ContainerSpec ArchiveSpec(const WorkloadRecord& record) const;
  Awaitable<absl::StatusOr<ContainerInfo>> AwaitExit(Pass& pass, std::string container) const;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_DATABASE_DATABASE_KIND_H_
