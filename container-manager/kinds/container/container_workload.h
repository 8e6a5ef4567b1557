// What all workloads with a container have alike: a lease, an image, a container that is made,
// started, seen to be usable, stopped and removed. A kind says what is its own by the hooks.
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_CONTAINER_WORKLOAD_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_CONTAINER_WORKLOAD_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "container-manager/kinds/container/container_deps.h"
#include "container-manager/kinds/container/container_recipe.h"
#include "container-manager/reconcile/pass.h"

namespace mpd::containers {

// Whether `revision`, of what mpd-dnsd-controller has done so far, holds the lease of this
// workload. False where the two count in different stores of ipam's: one may have been restored or
// recreated.
bool IsReached(const stored::Observed& observed, const ResolverStatus& status, int64_t revision);

// How long one question for a workload's names may take.
inline constexpr absl::Duration kNamesTimeout = absl::Seconds(2);

class ContainerWorkload : public WorkloadKind, public ContainerRecipe {
 public:
  explicit ContainerWorkload(ContainerDeps deps) : deps_(std::move(deps)) {}

  std::vector<Dependency> DependsOn(const WorkloadRecord& record) const override;
  bool IsLeased() const override { return true; }
  Awaitable<absl::StatusOr<PassOutcome>> Up(Pass& pass) override;
  Awaitable<absl::StatusOr<PassOutcome>> Down(Pass& pass) override;
  Awaitable<absl::Status> Delete(Pass& pass) override;

  // Asks mpd-dnsd-controller.
  Awaitable<absl::Status> CheckNames(WorkloadRecord record, bool was_running) const override;

 protected:
  const ContainerDeps& deps() const { return deps_; }
  const Config& config() const { return *deps_.config; }
  std::string Folder(const WorkloadId& id) const;
  // The data volume is there, whatever was done to it.
  Awaitable<absl::Status> EnsureDataVolume(Pass& pass) const;

 private:
  Awaitable<absl::Status> EnsureLease(Pass& pass) const;
  // The spec, or nullopt when something is awaited, which the status then says.
  Awaitable<absl::StatusOr<std::optional<ContainerSpec>>> MakeSpec(
      Pass& pass, std::optional<ContainerInfo> found) const;
  Awaitable<absl::StatusOr<std::string>> EnsureBuild(Pass& pass, std::string image,
                                                     std::optional<ContainerInfo> found) const;
  Awaitable<absl::StatusOr<PassOutcome>> RunContainer(Pass& pass,
                                                      std::optional<ContainerInfo> found,
                                                      ContainerSpec spec) const;
  Awaitable<absl::Status> PrepareStart(Pass& pass) const;

  const ContainerDeps deps_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_CONTAINER_WORKLOAD_H_
