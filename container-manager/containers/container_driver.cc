#include "container-manager/containers/container_driver.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "container-manager/containers/container_errors.h"
#include "container-manager/podman/podman_json.h"
#include "container-manager/reconcile/workload_specs.h"

namespace mpd::containers {
namespace {

constexpr int kMessageLines = 5;
constexpr size_t kMaxLog = 600;
// A container without its network or its data has nobody to say goodbye to.
constexpr absl::Duration kLostGrace = absl::Seconds(10);

std::string DifferenceOf(const NetworkSpec& found, const NetworkSpec& wanted) {
  std::vector<std::string> all;
  const auto compare = [&all](absl::string_view what, absl::string_view a, absl::string_view b) {
    if (a != b) all.push_back(absl::StrCat(what, " is ", a, " and not ", b));
  };
  compare("the subnet", found.subnet, wanted.subnet);
  compare("the gateway", found.gateway, wanted.gateway);
  compare("the bridge", found.interface, wanted.interface);
  if (found.dns_enabled != wanted.dns_enabled) all.push_back("Podman's own DNS is on");
  return absl::StrJoin(all, ", ");
}

bool IsLabelled(const Labels& labels) {
  const auto it = labels.find(kManagedLabel);
  return it != labels.end() && it->second == "true";
}

// A label alone proves nothing; name and labels together are what we make.
bool IsNamedAsLabelled(const ContainerSummary& summary) {
  if (!IsLabelled(summary.labels) || summary.labels.count(kAddressLabel) == 0) return false;
  const auto id = WorkloadOfLabels(summary.labels);
  return id.ok() && id->ContainerName() == summary.name;
}

// The container's id that follows the words in the error's message.
std::string IdAfter(absl::string_view words, const absl::Status& error) {
  const absl::string_view text = error.message();
  const size_t at = text.find(words);
  if (at == absl::string_view::npos) return "";
  size_t end = at + words.size();
  while (end < text.size() && absl::ascii_isxdigit(static_cast<unsigned char>(text[end]))) ++end;
  return std::string(text.substr(at + words.size(), end - at - words.size()));
}

std::string NameHolder(const absl::Status& error) {
  return IdAfter("is already in use by ", error);
}

}  // namespace

std::string AddressHolder(const absl::Status& error) {
  return IdAfter("already allocated to container ID ", error);
}

ContainerDriver::ContainerDriver(boost::asio::io_context* loop, PodmanInterface* podman,
                                 HostBridges* bridges, OrphanCleaner* leftovers)
    : podman_(podman),
      bridges_(bridges),
      leftovers_(leftovers),
      network_looks_(loop),
      volume_looks_(loop),
      network_permit_(Semaphore::Make(loop, 1)),
      volume_permit_(Semaphore::Make(loop, 1)) {}

Awaitable<absl::Status> ContainerDriver::EnsureNetwork(NetworkSpec wanted) {
  // Named: g++ 12 destroys a temporary that holds a string twice here.
  auto look = [this, name = wanted.name] { return podman_->InspectNetwork(name); };
  const auto seen = co_await network_looks_.Get(wanted.name, std::move(look));
  if (seen.ok() && DifferenceOf(*seen, wanted).empty()) co_return absl::OkStatus();
  const Semaphore::Permit permit = co_await network_permit_->Acquire();
  const absl::Status checked = co_await CheckNetwork(wanted);
  if (!absl::IsNotFound(checked)) co_return checked;
  absl::Status created = co_await podman_->CreateNetwork(wanted);
  if (!created.ok() && bridges_->Has(wanted.interface, wanted.gateway)) {
    const absl::Status freed = co_await FreeBridge(wanted);
    CO_RETURN_IF_ERROR(freed);
    created = co_await podman_->CreateNetwork(wanted);
  }
  CO_RETURN_IF_ERROR(created);
  LOG_INFO("NETWORK_CREATED", "The container network was made", {{"network", wanted.name}});
  co_return absl::OkStatus();
}

// A network that is removed with its containers, while one of those is made anew, leaves that one
// on a bridge that Podman knows no more, and takes for somebody else's.
Awaitable<absl::Status> ContainerDriver::FreeBridge(NetworkSpec network) {
  LOG_WARNING("NETWORK_LOST",
              "The container network was removed and its bridge is still there; containers that "
              "are on it are stopped, and started on the network made anew",
              {{"network", network.name}, {"bridge", network.interface}});
  const auto ours = co_await podman_->ListContainers("label", absl::StrCat(kManagedLabel, "=true"));
  CO_RETURN_IF_ERROR(ours.status());
  for (const ContainerSummary& one : *ours) {
    if (!one.running || !IsNamedAsLabelled(one)) continue;
    const absl::Status stopped = co_await podman_->StopContainer(one.id, kLostGrace);
    CO_RETURN_IF_ERROR(stopped);
  }
  co_return bridges_->Remove(network.interface);
}

// NOT_FOUND: it is to be made.
Awaitable<absl::Status> ContainerDriver::CheckNetwork(NetworkSpec wanted) {
  const auto found = co_await podman_->InspectNetwork(wanted.name);
  CO_RETURN_IF_ERROR(found.status());
  const std::string difference = DifferenceOf(*found, wanted);
  if (difference.empty()) co_return absl::OkStatus();
  if (!IsLabelled(found->labels)) {
    co_return ContainerErrors::NetworkDiffers(wanted.name, difference);
  }
  // Podman refuses to remove a network that a container uses.
  const absl::Status removed = co_await podman_->RemoveNetwork(wanted.name);
  if (!removed.ok() && !absl::IsNotFound(removed)) {
    co_return Annotate(ContainerErrors::NetworkDiffers(wanted.name, difference),
                       std::string(removed.message()));
  }
  LOG_INFO("NETWORK_REMOVED", "The container network differs and is made anew",
           {{"network", wanted.name}, {"difference", difference}});
  co_return absl::NotFoundError("removed");
}

Awaitable<absl::Status> ContainerDriver::EnsureDataVolume(OurIds our_ids) {
  absl::Status checked =
      co_await volume_looks_.Get(kDataVolume, [this] { return CheckDataVolume(); });
  if (checked.ok()) co_return checked;
  const Semaphore::Permit permit = co_await volume_permit_->Acquire();
  checked = co_await CheckDataVolume();
  if (absl::IsAborted(checked)) {
    const absl::Status cleared = co_await ClearDataVolume(std::move(our_ids));
    CO_RETURN_IF_ERROR(cleared);
  } else if (!absl::IsNotFound(checked)) {
    co_return checked;
  }
  const Labels labels = {{kManagedLabel, "true"}};
  const absl::Status created = co_await podman_->CreateVolume(kDataVolume, labels);
  if (!created.ok()) {
    // Somebody else may have been quicker.
    checked = co_await CheckDataVolume();
    co_return checked.ok() ? checked : created;
  }
  LOG_INFO("VOLUME_CREATED", "The data volume was made", {{"volume", kDataVolume}});
  co_return absl::OkStatus();
}

Awaitable<absl::Status> ContainerDriver::CheckDataVolume() {
  const auto volume = co_await podman_->InspectVolume(kDataVolume);
  CO_RETURN_IF_ERROR(volume.status());
  if (!leftovers_->IsGone(volume->mountpoint)) co_return absl::OkStatus();
  if (!IsLabelled(volume->labels)) co_return ContainerErrors::VolumeLost(kDataVolume, "");
  co_return absl::AbortedError(volume->mountpoint);
}

// Podman removes a volume's record before its folder (libpod/runtime_volume_common.go,
// removeVolume): of one that is made anew in between, only the record is left, and no container
// that has it can be started. There is no data that could be lost.
Awaitable<absl::Status> ContainerDriver::ClearDataVolume(OurIds our_ids) {
  LOG_WARNING(
      "VOLUME_LOST",
      "The data volume was removed, its folder is gone; it is made anew with the containers "
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
    const absl::Status removed = co_await Remove(user.id);
    CO_RETURN_IF_ERROR(removed);
  }
  co_return co_await podman_->RemoveVolume(kDataVolume);
}

// A container that is started while somebody removes it by force can lose its record and go on
// running: Podman unlocks it while it waits for its end, and does not look again (libpod/
// runtime_ctr.go, removeContainer; so up to 5.4). Podman lists it no more and cannot end it.
void ContainerDriver::EndLeftovers(const std::string& container_id) {
  const int ended = leftovers_->EndProcesses(container_id);
  if (ended == 0) return;
  LOG_WARNING("CONTAINER_LEFT_RUNNING",
              "A container of ours ran on after its record was removed; it was killed",
              {{"id", container_id}, {"processes", absl::StrCat(ended)}});
}

Awaitable<absl::Status> ContainerDriver::Remove(std::string container_id) {
  const absl::Status removed = co_await podman_->RemoveContainer(container_id);
  if (removed.ok()) EndLeftovers(container_id);
  co_return removed;
}

Awaitable<absl::Status> ContainerDriver::EnsureHomeVolume(WorkloadId runtime, bool expected) {
  if (expected) {
    const absl::Status checked = co_await CheckHomeVolume(runtime);
    if (!absl::IsNotFound(checked)) co_return checked;
  }
  const absl::Status created =
      co_await podman_->CreateVolume(HomeVolume(runtime), IdentityLabels(runtime));
  if (created.ok()) co_return created;
  // It may be there all the same.
  const absl::Status checked = co_await CheckHomeVolume(runtime);
  co_return absl::IsNotFound(checked) ? created : checked;
}

Awaitable<absl::Status> ContainerDriver::CheckHomeVolume(WorkloadId runtime) {
  const std::string name = HomeVolume(runtime);
  const auto found = co_await podman_->InspectVolume(name);
  CO_RETURN_IF_ERROR(found.status());
  co_return IsOurs(found->labels, runtime) ? absl::OkStatus()
                                           : ContainerErrors::ForeignVolume(name);
}

Awaitable<absl::Status> ContainerDriver::RemoveHomeVolume(WorkloadId runtime) {
  const std::string name = HomeVolume(runtime);
  const auto found = co_await podman_->InspectVolume(name);
  if (absl::IsNotFound(found.status())) co_return absl::OkStatus();
  CO_RETURN_IF_ERROR(found.status());
  if (!IsOurs(found->labels, runtime)) co_return absl::OkStatus();
  co_return co_await podman_->RemoveVolume(name);
}

Awaitable<absl::StatusOr<std::optional<ContainerInfo>>> ContainerDriver::Find(
    WorkloadId id, std::string known_id) {
  const std::string name = id.ContainerName();
  auto info = co_await podman_->InspectContainer(name);
  const bool is_known = info.ok() && info->id == known_id;
  if (!is_known && !known_id.empty() && (info.ok() || absl::IsNotFound(info.status()))) {
    auto known = co_await podman_->InspectContainer(known_id);
    if (absl::IsNotFound(known.status())) EndLeftovers(known_id);
    if (!info.ok()) info = std::move(known);
    if (info.ok() && info->id == known_id && IsOurs(info->labels, id)) {
      LOG_WARNING("CONTAINER_RENAMED", "A container was renamed behind our back; it is named back",
                  {{"container", name}, {"found_as", info->name}, {"id", known_id}});
      const absl::Status renamed = co_await podman_->RenameContainer(known_id, name);
      CO_RETURN_IF_ERROR(renamed);
      info->name = name;
    }
  }
  if (absl::IsNotFound(info.status())) co_return std::optional<ContainerInfo>();
  if (!info.ok()) co_return info.status();
  if (!IsOurs(info->labels, id)) co_return ContainerErrors::Foreign(name);
  if (info->status == "paused") {
    LOG_WARNING("CONTAINER_PAUSED", "A container was paused behind our back; it goes on",
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
    LOG_INFO("CONTAINER_DIFFERS", "A container is not as it should be and is made anew",
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
  co_return co_await CreateAnew(id, std::move(spec));
}

Awaitable<absl::StatusOr<ContainerInfo>> ContainerDriver::CreateAnew(WorkloadId id,
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
  // An answer that was lost on the way: it may be there all the same.
  const auto found = co_await Find(id, "");
  const bool there = found.ok() && found->has_value() && IsMadeFrom(**found, spec);
  if (there) co_return **found;
  if (found.ok() && !found->has_value()) co_await RemoveHalfMade(created.status(), spec.name);
  co_return created.status();
}

// A making that a full disk cut off can leave the name in Podman's storage and no container: every
// later one is refused. Removal by force takes what is in the storage alone; the next pass makes
// it.
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
    if (container.networks.count(spec.network) == 0) {
      const absl::Status connected = co_await Reconnect(spec, container);
      CO_RETURN_IF_ERROR(connected);
    }
    absl::Status started = co_await Start(spec, container.id);
    if (!started.ok() && container.MayRun()) {
      const absl::Status ended = co_await EndCutOffStart(spec, container.id);
      CO_RETURN_IF_ERROR(ended);
      started = co_await Start(spec, container.id);
    }
    CO_RETURN_IF_ERROR(started);
    auto now = co_await podman_->InspectContainer(container.id);
    CO_RETURN_IF_ERROR(now.status());
    container = *std::move(now);
  }
  const auto address = container.networks.find(spec.network);
  const bool in_place = address != container.networks.end() && address->second == spec.address;
  if (!container.running || in_place) co_return container;
  const absl::Status moved = co_await Reconnect(spec, container);
  CO_RETURN_IF_ERROR(moved);
  co_return co_await podman_->InspectContainer(container.id);
}

// What runs of it cannot be made Podman's own again: a start is refused ("cannot start an already
// running container") for as long as it runs. Podman stops it as any other, and what was written in
// it is kept.
Awaitable<absl::Status> ContainerDriver::EndCutOffStart(ContainerSpec spec, std::string container) {
  LOG_WARNING("CONTAINER_START_CUT_OFF",
              "Podman was cut off while it started a container, which may run unknown to it; it is "
              "stopped and started again",
              {{"container", spec.name}, {"id", container}});
  co_return co_await podman_->StopContainer(container, absl::Seconds(spec.stop_timeout_s));
}

Awaitable<absl::Status> ContainerDriver::Reconnect(ContainerSpec spec, ContainerInfo container) {
  const auto found = container.networks.find(spec.network);
  const std::string found_at = found == container.networks.end() ? "" : found->second;
  LOG_WARNING("CONTAINER_MOVED", "A container is not at its address; it is connected anew",
              {{"container", spec.name}, {"address", spec.address}, {"found_at", found_at}});
  if (found != container.networks.end()) {
    const absl::Status off = co_await podman_->DisconnectNetwork(spec.network, container.id);
    CO_RETURN_IF_ERROR(off);
  }
  const absl::Status on =
      co_await podman_->ConnectNetwork(spec.network, container.id, spec.address);
  const std::string holder = AddressHolder(on);
  if (holder.empty()) co_return on;
  co_return ContainerErrors::AddressHeld(spec.address, holder);
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
  const absl::Status unplugged = co_await UnplugLeftovers(spec);
  CO_RETURN_IF_ERROR(unplugged);
  co_return co_await StartAtHeldAddress(std::move(spec), std::move(container));
}

// A Podman that is killed while it connects a container leaves a network namespace that is in no
// record, connected and with the container's addresses: it answers in the container's stead. That
// the table holds the address for one that does not run is the sign, and the hardware address,
// which nobody else gives, the proof.
Awaitable<absl::Status> ContainerDriver::UnplugLeftovers(ContainerSpec spec) {
  const auto network = co_await podman_->InspectNetwork(spec.network);
  CO_RETURN_IF_ERROR(network.status());
  const int unplugged = bridges_->Unplug(network->interface, HardwareAddressOf(spec.address));
  if (unplugged == 0) co_return absl::OkStatus();
  LOG_WARNING("ADDRESS_LEFT_BEHIND",
              "A network namespace that belongs to no container had a container's address; it was "
              "disconnected",
              {{"container", spec.name},
               {"address", spec.address},
               {"namespaces", absl::StrCat(unplugged)}});
  co_return absl::OkStatus();
}

// After an unclean end Podman's table may give the address to a container that is dead, and nothing
// that it offers takes a single entry out. But a container that runs, and of which the table knows
// nothing, is let go of by the address of its own record (libnetwork/netavark/run.go, Teardown: the
// table is asked first, and its silence passed over); and Podman 4.3 leaves the address of a
// connection that failed in that record. No other container notices.
Awaitable<absl::Status> ContainerDriver::StartAtHeldAddress(ContainerSpec spec,
                                                            std::string container) {
  (void)co_await podman_->DisconnectNetwork(spec.network, container);
  const absl::Status alone = co_await podman_->StartContainer(container);
  CO_RETURN_IF_ERROR(alone);
  absl::Status connected = co_await podman_->ConnectNetwork(spec.network, container, spec.address);
  if (!connected.ok()) {
    (void)co_await podman_->DisconnectNetwork(spec.network, container);
    connected = co_await podman_->ConnectNetwork(spec.network, container, spec.address);
  }
  const std::string holder = AddressHolder(connected);
  if (holder.empty()) co_return connected;
  const absl::Status remade = co_await RemakeNetwork(spec, holder);
  CO_RETURN_IF_ERROR(remade);
  co_return co_await podman_->ConnectNetwork(spec.network, container, spec.address);
}

// The table goes with the network. Our containers are let go of meanwhile and go on running; cut
// off here, each of them is connected again by its own pass.
Awaitable<absl::Status> ContainerDriver::RemakeNetwork(ContainerSpec spec, std::string holder) {
  const Semaphore::Permit permit = co_await network_permit_->Acquire();
  const auto network = co_await podman_->InspectNetwork(spec.network);
  CO_RETURN_IF_ERROR(network.status());
  if (!IsLabelled(network->labels)) co_return ContainerErrors::AddressHeld(spec.address, holder);
  const auto users = co_await podman_->ListContainers("network", spec.network);
  CO_RETURN_IF_ERROR(users.status());
  for (const ContainerSummary& user : *users) {
    if (!IsNamedAsLabelled(user)) co_return ContainerErrors::AddressHeld(spec.address, holder);
  }
  for (const ContainerSummary& user : *users) {
    // One that does not run is let go of and called an error.
    (void)co_await podman_->DisconnectNetwork(spec.network, user.id);
  }
  absl::Status remade = co_await podman_->RemoveNetwork(spec.network);
  if (remade.ok()) remade = co_await podman_->CreateNetwork(*network);
  for (const ContainerSummary& user : *users) {
    const absl::Status connected =
        co_await podman_->ConnectNetwork(spec.network, user.id, user.labels.at(kAddressLabel));
    if (remade.ok() && user.running) remade = connected;
  }
  co_return remade;
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
  absl::StripAsciiWhitespace(&log);
  if (log.size() > kMaxLog) log.erase(0, log.size() - kMaxLog);
  co_return absl::StrReplaceAll(log, {{"\r", ""}, {"\n\n", " | "}, {"\n", " | "}});
}

}  // namespace mpd::containers
