// The kind of service/dnsmasq, the resolver of the zone, which every other container asks.
#ifndef MPD_CONTAINER_MANAGER_KINDS_RESOLVER_RESOLVER_KIND_H_
#define MPD_CONTAINER_MANAGER_KINDS_RESOLVER_RESOLVER_KIND_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "container-manager/kinds/container/container_workload.h"

namespace mpd::containers {

class ResolverKind final : public ContainerWorkload {
 public:
  using ContainerWorkload::ContainerWorkload;

  absl::string_view type() const override;
  absl::StatusOr<WorkloadId> ParseName(absl::string_view name) const override;
  absl::Duration StopGrace() const override;
  std::vector<Declaration> Declared() const override;
  // Restarts it, or has it reload, when mpd-dnsd-controller asks for that.
  void Follow(std::weak_ptr<WorkloadWaker> waker) override;
  void OnContainerEvent() override;
  void View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const override;

  std::string Pool() const override;
  bool AsksResolver() const override { return false; }
  // Waits until the names of every workload are on the disk: a name that is asked for too early
  // stays unknown in caches for minutes.
  std::string Blocker(const Pass& pass, const std::optional<ContainerInfo>& found) const override;
  absl::Status FillSpec(Pass& pass, const std::optional<ContainerInfo>& found,
                        const std::string& folder, ContainerSpec* spec) const override;
  Awaitable<absl::Status> CheckUsable(UsableQuestion question) const override;
  Awaitable<absl::Status> CheckNames(WorkloadRecord record, bool was_running) const override;

 private:
  void OnStatus(const std::weak_ptr<WorkloadWaker>& weak);
  Awaitable<void> Restart(std::weak_ptr<WorkloadWaker> weak) const;
  Awaitable<void> Reload() const;

  std::optional<ResolverStatus> last_;  // of mpd-dnsd-controller
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_RESOLVER_RESOLVER_KIND_H_
