#include "container-manager/containers/volume_driver.h"

#include <utility>

#include "common/base/logging.h"
#include "common/base/status.h"
#include "container-manager/containers/container_errors.h"
#include "container-manager/containers/labels.h"

namespace mpd::containers {
namespace {

// A container that has lost its data has nothing left to save.
constexpr absl::Duration kLostGrace = absl::Seconds(10);

}  // namespace

VolumeDriver::VolumeDriver(boost::asio::io_context* loop, PodmanInterface* podman,
                           OrphanCleaner* orphans, ContainerDriver* containers)
    : podman_(podman),
      orphans_(orphans),
      containers_(containers),
      checks_(loop),
      permit_(Semaphore::Make(loop, 1)) {}

Awaitable<absl::Status> VolumeDriver::EnsureData(OurIds our_ids) {
  absl::Status checked = co_await checks_.Get(kDataVolume, [this] { return CheckData(); });
  if (checked.ok()) co_return checked;
  const Semaphore::Permit permit = co_await permit_->Acquire();
  checked = co_await CheckData();
  if (absl::IsAborted(checked)) {
    const absl::Status cleared = co_await ClearData(std::move(our_ids));
    CO_RETURN_IF_ERROR(cleared);
  } else if (!absl::IsNotFound(checked)) {
    co_return checked;
  }
  const Labels labels = {{kManagedLabel, "true"}};
  const absl::Status created = co_await podman_->CreateVolume(kDataVolume, labels);
  if (!created.ok()) {
    // Somebody else may have been quicker.
    checked = co_await CheckData();
    co_return checked.ok() ? checked : created;
  }
  LOG_INFO("VOLUME_CREATED", "The data volume was made", {{"volume", kDataVolume}});
  co_return absl::OkStatus();
}

Awaitable<absl::Status> VolumeDriver::CheckData() {
  const auto volume = co_await podman_->InspectVolume(kDataVolume);
  CO_RETURN_IF_ERROR(volume.status());
  if (!orphans_->IsGone(volume->mountpoint)) co_return absl::OkStatus();
  if (!IsManaged(volume->labels)) co_return ContainerErrors::VolumeLost(kDataVolume, "");
  co_return absl::AbortedError(volume->mountpoint);
}

// Podman removes a volume's record before its folder (libpod/runtime_volume_common.go,
// removeVolume): when the volume is recreated in between, its new folder is removed and the record
// stays, and no container that has the volume can be started. There is no data left to lose.
Awaitable<absl::Status> VolumeDriver::ClearData(OurIds our_ids) {
  LOG_WARNING(
      "VOLUME_LOST",
      "The data volume was removed, its folder is gone; it is recreated with the containers "
      "that have it",
      {{"volume", kDataVolume}});
  const auto users = co_await podman_->ListContainers("volume", kDataVolume);
  CO_RETURN_IF_ERROR(users.status());
  const auto ours = our_ids();
  CO_RETURN_IF_ERROR(ours.status());
  for (const ContainerSummary& user : *users) {
    if (IsNamedAsLabelled(user) && ours->count(user.id) > 0) continue;
    co_return ContainerErrors::VolumeLost(kDataVolume, user.name);
  }
  for (const ContainerSummary& user : *users) {
    if (user.running) {
      const absl::Status stopped = co_await podman_->StopContainer(user.id, kLostGrace);
      CO_RETURN_IF_ERROR(stopped);
    }
    const absl::Status removed = co_await containers_->Remove(user.id);
    CO_RETURN_IF_ERROR(removed);
  }
  co_return co_await podman_->RemoveVolume(kDataVolume);
}

Awaitable<absl::Status> VolumeDriver::EnsureOwn(std::string name, WorkloadId owner, bool expected) {
  if (expected) {
    const absl::Status checked = co_await CheckOwn(name, owner);
    if (!absl::IsNotFound(checked)) co_return checked;
  }
  const absl::Status created = co_await podman_->CreateVolume(name, IdentityLabels(owner));
  if (created.ok()) co_return created;
  // It may be there all the same.
  const absl::Status checked = co_await CheckOwn(name, owner);
  co_return absl::IsNotFound(checked) ? created : checked;
}

Awaitable<absl::Status> VolumeDriver::CheckOwn(std::string name, WorkloadId owner) {
  const auto found = co_await podman_->InspectVolume(name);
  CO_RETURN_IF_ERROR(found.status());
  co_return IsOurs(found->labels, owner) ? absl::OkStatus() : ContainerErrors::ForeignVolume(name);
}

Awaitable<absl::Status> VolumeDriver::RemoveOwn(std::string name, WorkloadId owner) {
  const auto found = co_await podman_->InspectVolume(name);
  if (absl::IsNotFound(found.status())) co_return absl::OkStatus();
  CO_RETURN_IF_ERROR(found.status());
  if (!IsOurs(found->labels, owner)) co_return absl::OkStatus();
  co_return co_await podman_->RemoveVolume(name);
}

}  // namespace mpd::containers
