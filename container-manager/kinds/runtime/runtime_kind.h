// The kind of the containers that the developer works in: systemd, sshd, a home of their own.
#ifndef MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_KIND_H_
#define MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_KIND_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "container-manager/kinds/container/container_workload.h"

namespace mpd::containers {

// "mpd-<vm id>-<name>"; "mpd-<name>" without an id. At most 63 characters: RFC 1035 §2.3.4.
std::string RuntimeHostname(absl::string_view vm_id, absl::string_view name);

class RuntimeKind final : public ContainerWorkload {
 public:
  using ContainerWorkload::ContainerWorkload;

  absl::string_view type() const override;
  absl::StatusOr<WorkloadId> ParseName(absl::string_view name) const override;
  absl::Duration StopGrace() const override;
  void Follow(std::weak_ptr<WorkloadWaker> waker) override;
  // With the image that the configuration gives a runtime of this name.
  void Complete(const WorkloadId& id, stored::Wish* wish) const override;
  void View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const override;

  std::string Pool() const override;
  bool KeepsBuild(const WorkloadRecord& record, const ContainerInfo& running,
                  const std::string& image) const override;
  absl::Status FillSpec(Pass& pass, const std::optional<ContainerInfo>& found,
                        const std::string& folder, ContainerSpec* spec) const override;
  // Makes the home, which outlives the containers that are made with it.
  Awaitable<absl::Status> BeforeCreate(Pass& pass) const override;
  // Listens for systemd's word that it has booted.
  std::shared_ptr<ReadySignal> BeforeStart(const std::string& folder,
                                           std::function<void()> waker) const override;
  Awaitable<absl::Status> CheckUsable(UsableQuestion question) const override;
  // Removes the home.
  Awaitable<absl::Status> AfterRemove(Pass& pass) const override;
  std::string DiagnosisCommand(const WorkloadId& id) const override;

 private:
  Awaitable<absl::Status> CheckBooted(UsableQuestion question) const;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_KIND_H_
