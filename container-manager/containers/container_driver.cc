#include "container-manager/containers/container_driver.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "container-manager/containers/container_errors.h"
#include "container-manager/containers/labels.h"
#include "container-manager/containers/log_tail.h"
#include "container-manager/podman/podman_errors.h"

namespace mpd::containers {
namespace {

constexpr int kMessageLines = 5;
constexpr size_t kMaxLog = 600;

}  // namespace

// A container that is started while somebody removes it by force can lose its record and go on
// running: Podman unlocks it while it waits for its end, and does not look again (libpod/
// runtime_ctr.go, removeContainer; so up to 5.4). Podman lists it no more and cannot end it.
void ContainerDriver::EndOrphans(const std::string& container_id) {
  const int ended = orphans_->EndProcesses(container_id);
  if (ended == 0) return;
  LOG_WARNING("CONTAINER_LEFT_RUNNING",
              "A container of ours ran on after its record was removed; it was killed",
              {{"id", container_id}, {"processes", absl::StrCat(ended)}});
}

Awaitable<absl::Status> ContainerDriver::Remove(std::string container_id) {
  const absl::Status removed = co_await podman_->RemoveContainer(container_id);
  if (removed.ok()) EndOrphans(container_id);
  co_return removed;
}

Awaitable<absl::StatusOr<ContainerInfo>> ContainerDriver::FindRenamed(
    WorkloadId id, std::string known_id, absl::StatusOr<ContainerInfo> named) {
  auto known = co_await podman_->InspectContainer(known_id);
  if (absl::IsNotFound(known.status())) EndOrphans(known_id);
  // Where another container has the name now, that is the one to look at.
  if (named.ok()) co_return named;
  if (!known.ok() || known->id != known_id || !IsOurs(known->labels, id)) co_return known;
  const std::string name = id.ContainerName();
  LOG_WARNING("CONTAINER_RENAMED",
              "A container was renamed by somebody else; it gets its name back",
              {{"container", name}, {"found_as", known->name}, {"id", known_id}});
  const absl::Status renamed = co_await podman_->RenameContainer(known_id, name);
  CO_RETURN_IF_ERROR(renamed);
  known->name = name;
  co_return known;
}

Awaitable<absl::StatusOr<std::optional<ContainerInfo>>> ContainerDriver::Find(
    WorkloadId id, std::string known_id) {
  const std::string name = id.ContainerName();
  auto info = co_await podman_->InspectContainer(name);
  const bool is_known = info.ok() && info->id == known_id;
  if (!is_known && !known_id.empty() && (info.ok() || absl::IsNotFound(info.status()))) {
    info = co_await FindRenamed(id, known_id, std::move(info));
  }
  if (absl::IsNotFound(info.status())) co_return std::optional<ContainerInfo>();
  if (!info.ok()) co_return info.status();
  if (!IsOurs(info->labels, id)) co_return ContainerErrors::Foreign(name);
  if (info->status == "paused") {
    LOG_WARNING("CONTAINER_PAUSED", "A container was paused by somebody else; it is resumed",
                {{"container", name}, {"id", info->id}});
    const absl::Status resumed = co_await podman_->UnpauseContainer(info->id);
    CO_RETURN_IF_ERROR(resumed);
    info->status = "running";
    info->running = true;
  }
  co_return std::optional<ContainerInfo>(*std::move(info));
}

Awaitable<absl::StatusOr<ContainerInfo>> ContainerDriver::EnsureCreated(
    WorkloadId id, std::optional<ContainerInfo> found, ContainerSpec spec,
    std::function<void()> on_create) {
  if (found && IsMadeFrom(*found, spec)) co_return *std::move(found);
  if (found) {
    LOG_INFO("CONTAINER_DIFFERS", "A container is not as it should be and is recreated",
             {{"container", spec.name}, {"id", found->id}});
    if (found->MayRun()) {
      const absl::Status stopped =
          co_await podman_->StopContainer(found->id, absl::Seconds(spec.stop_timeout_s));
      CO_RETURN_IF_ERROR(stopped);
    }
    const absl::Status removed = co_await Remove(found->id);
    CO_RETURN_IF_ERROR(removed);
  }
  on_create();
  co_return co_await Create(id, std::move(spec));
}

Awaitable<absl::StatusOr<ContainerInfo>> ContainerDriver::Create(WorkloadId id,
                                                                 ContainerSpec spec) {
  const auto created = co_await podman_->CreateContainer(spec);
  if (ErrorMetadataValue(created.status(), "cause") == "image not known") {
    co_return ContainerErrors::ImageMissing(spec.image);
  }
  if (created.ok()) {
    LOG_INFO("CONTAINER_CREATED", "A container was made",
             {{"container", spec.name}, {"id", *created}, {"address", spec.address}});
    ContainerInfo info;
    info.id = *created;
    info.name = spec.name;
    info.networks[spec.network] = "";
    co_return info;
  }
  // Podman may have made it and its answer been lost on the way.
  const auto found = co_await Find(id, "");
  const bool there = found.ok() && found->has_value() && IsMadeFrom(**found, spec);
  if (there) co_return **found;
  if (found.ok() && !found->has_value()) co_await RemoveHalfMade(created.status(), spec.name);
  co_return created.status();
}

// A creation that a full disk cut off can leave the name in Podman's storage and no container, so
// that every later one is refused. Removal by force removes what is in the storage alone; the next
// pass makes the container.
Awaitable<void> ContainerDriver::RemoveHalfMade(absl::Status refused, std::string name) {
  const std::string id = NameHolder(refused);
  if (id.empty()) co_return;
  const auto known = co_await podman_->InspectContainer(id);
  if (!absl::IsNotFound(known.status())) co_return;
  LOG_WARNING(
      "CONTAINER_HALF_MADE",
      "Podman's storage has a container of this name that Podman does not know; it is removed",
      {{"container", name}, {"id", id}});
  (void)co_await podman_->RemoveContainer(id);
}

Awaitable<absl::StatusOr<ContainerInfo>> ContainerDriver::EnsureStarted(ContainerSpec spec,
                                                                        ContainerInfo container) {
  if (!container.running) {
    const absl::Status started = co_await StartConnected(spec, container);
    CO_RETURN_IF_ERROR(started);
    auto now = co_await podman_->InspectContainer(container.id);
    CO_RETURN_IF_ERROR(now.status());
    container = *std::move(now);
  }
  const auto address = container.networks.find(spec.network);
  const bool in_place = address != container.networks.end() && address->second == spec.address;
  if (!container.running || in_place) co_return container;
  const absl::Status moved = co_await network_->Reconnect(spec, container);
  CO_RETURN_IF_ERROR(moved);
  co_return co_await podman_->InspectContainer(container.id);
}

Awaitable<absl::Status> ContainerDriver::StartConnected(ContainerSpec spec,
                                                        ContainerInfo container) {
  if (container.networks.count(spec.network) == 0) {
    const absl::Status connected = co_await network_->Reconnect(spec, container);
    CO_RETURN_IF_ERROR(connected);
  }
  absl::Status started = co_await Start(spec, container.id);
  if (!started.ok() && container.MayRun()) {
    const absl::Status ended = co_await EndCutOffStart(spec, container.id);
    CO_RETURN_IF_ERROR(ended);
    started = co_await Start(spec, container.id);
  }
  co_return started;
}

// Podman has no call that takes over the processes of such a container: it refuses a start ("cannot
// start an already running container") for as long as they run. It does stop them, as those of any
// other container, and what was written in the container is kept.
Awaitable<absl::Status> ContainerDriver::EndCutOffStart(ContainerSpec spec, std::string container) {
  LOG_WARNING("CONTAINER_START_CUT_OFF",
              "Podman was cut off while it started a container, which may run unknown to it; it is "
              "stopped and started again",
              {{"container", spec.name}, {"id", container}});
  co_return co_await podman_->StopContainer(container, absl::Seconds(spec.stop_timeout_s));
}

Awaitable<absl::Status> ContainerDriver::Start(ContainerSpec spec, std::string container) {
  const absl::Status started = co_await podman_->StartContainer(container);
  const std::string holder = AddressHolder(started);
  if (holder.empty()) co_return started;
  const auto info = co_await podman_->InspectContainer(holder);
  if (info.ok() && info->running) {
    co_return ContainerErrors::AddressTaken(spec.address, info->name);
  }
  LOG_WARNING("ADDRESS_HELD",
              "Podman's address table names a dead container; it is made to forget it",
              {{"address", spec.address}, {"holder", holder}, {"container", spec.name}});
  co_return co_await network_->StartAtHeldAddress(std::move(spec), std::move(container));
}

Awaitable<std::string> ContainerDriver::LastLines(std::string container) {
  std::string log;
  LogRequest request;
  request.tail = kMessageLines;
  const absl::Status read = co_await podman_->Logs(container, request, [&log](LogChunk chunk) {
    log.append(chunk.data);
    return log.size() < 16 * kMaxLog;
  });
  if (!read.ok() && log.empty()) co_return "";
  co_return LogTail(log, kMaxLog);
}

}  // namespace mpd::containers
