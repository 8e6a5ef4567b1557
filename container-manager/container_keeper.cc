#include "container-manager/container_keeper.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/logging.h"
#include "common/status.h"
#include "container-manager/container_errors.h"
#include "container-manager/workload_specs.h"

namespace mpd::containers {
namespace {

constexpr int kMessageLines = 5;
constexpr size_t kMaxLog = 600;

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

bool IsMadeFrom(const ContainerInfo& info, const ContainerSpec& spec) {
  const auto wanted = spec.labels.find(kSpecLabel);
  const auto has = info.labels.find(kSpecLabel);
  return wanted != spec.labels.end() && has != info.labels.end() && has->second == wanted->second;
}

}  // namespace

std::string AddressHolder(const absl::Status& error) {
  constexpr absl::string_view kWords = "already allocated to container ID ";
  const absl::string_view text = error.message();
  const size_t at = text.find(kWords);
  if (at == absl::string_view::npos) return "";
  size_t end = at + kWords.size();
  while (end < text.size() && absl::ascii_isxdigit(static_cast<unsigned char>(text[end]))) ++end;
  return std::string(text.substr(at + kWords.size(), end - at - kWords.size()));
}

ContainerKeeper::ContainerKeeper(boost::asio::io_context* loop, PodmanInterface* podman)
    : podman_(podman), network_turn_(Turns::Make(loop, 1)) {}

Awaitable<absl::Status> ContainerKeeper::EnsureNetwork(NetworkSpec wanted) {
  const Turns::Turn turn = co_await network_turn_->Take();
  const absl::Status checked = co_await CheckNetwork(wanted);
  if (!absl::IsNotFound(checked)) co_return checked;
  const absl::Status created = co_await podman_->CreateNetwork(wanted);
  CO_RETURN_IF_ERROR(created);
  LOG_INFO("NETWORK_CREATED", "The container network was made", {{"network", wanted.name}});
  co_return absl::OkStatus();
}

// NOT_FOUND: it is to be made.
Awaitable<absl::Status> ContainerKeeper::CheckNetwork(NetworkSpec wanted) {
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

Awaitable<absl::Status> ContainerKeeper::EnsureDataVolume() {
  return podman_->EnsureVolume(kDataVolume, {{kManagedLabel, "true"}});
}

Awaitable<absl::StatusOr<std::optional<ContainerInfo>>> ContainerKeeper::Find(WorkloadId id) {
  auto info = co_await podman_->InspectContainer(id.ContainerName());
  if (absl::IsNotFound(info.status())) co_return std::optional<ContainerInfo>();
  if (!info.ok()) co_return info.status();
  if (!IsOurs(info->labels, id)) co_return ContainerErrors::Foreign(id.ContainerName());
  co_return std::optional<ContainerInfo>(*std::move(info));
}

Awaitable<absl::StatusOr<ContainerInfo>> ContainerKeeper::EnsureRunning(WorkloadId id,
                                                                        ContainerSpec spec,
                                                                        Progress progress) {
  auto found = co_await Find(id);
  if (!found.ok()) co_return found.status();
  std::optional<ContainerInfo>& container = *found;
  if (container && !IsMadeFrom(*container, spec)) {
    LOG_INFO("CONTAINER_DIFFERS", "A container is not as it should be and is made anew",
             {{"container", spec.name}, {"id", container->id}});
    if (container->running) {
      const absl::Status stopped =
          co_await podman_->StopContainer(container->id, absl::Seconds(spec.stop_timeout_s));
      CO_RETURN_IF_ERROR(stopped);
    }
    const absl::Status removed = co_await podman_->RemoveContainer(container->id);
    CO_RETURN_IF_ERROR(removed);
    container.reset();
  }
  if (!container) {
    const absl::Status told = co_await progress.on_create();
    CO_RETURN_IF_ERROR(told);
    const absl::Status created = co_await CreateAnew(id, spec);
    CO_RETURN_IF_ERROR(created);
  }
  if (!container || !container->running) {
    const absl::Status told = co_await progress.on_start();
    CO_RETURN_IF_ERROR(told);
    const absl::Status started = co_await Start(spec);
    CO_RETURN_IF_ERROR(started);
  }
  co_return co_await podman_->InspectContainer(spec.name);
}

Awaitable<absl::Status> ContainerKeeper::CreateAnew(WorkloadId id, ContainerSpec spec) {
  const auto created = co_await podman_->CreateContainer(spec);
  if (absl::IsNotFound(created.status())) co_return ContainerErrors::ImageMissing(spec.image);
  if (created.ok()) {
    LOG_INFO("CONTAINER_CREATED", "A container was made",
             {{"container", spec.name}, {"id", *created}, {"address", spec.address}});
    co_return absl::OkStatus();
  }
  // An answer that was lost on the way: it may be there all the same.
  const auto found = co_await Find(id);
  const bool there = found.ok() && found->has_value() && IsMadeFrom(**found, spec);
  co_return there ? absl::OkStatus() : created.status();
}

Awaitable<absl::Status> ContainerKeeper::Start(ContainerSpec spec) {
  const absl::Status first = co_await podman_->StartContainer(spec.name);
  const std::string holder = AddressHolder(first);
  if (holder.empty()) co_return first;
  const absl::Status freed = co_await FreeAddress(spec, holder);
  CO_RETURN_IF_ERROR(freed);
  co_return co_await podman_->StartContainer(spec.name);
}

// After an unclean end Podman's table may give the address to a container that is dead. It is
// freed by ending that container, if it is ours and does not run, or by making the network anew, if
// nothing is on it.
Awaitable<absl::Status> ContainerKeeper::FreeAddress(ContainerSpec spec, std::string holder) {
  const auto info = co_await podman_->InspectContainer(holder);
  if (info.ok() && (!IsLabelled(info->labels) || info->running)) {
    co_return ContainerErrors::AddressHeld(spec.address, holder);
  }
  LOG_WARNING("ADDRESS_HELD", "Podman's address table names a dead container; it is freed",
              {{"address", spec.address}, {"holder", holder}, {"container", spec.name}});
  if (info.ok() && info->name != spec.name) {
    co_return co_await podman_->RemoveContainer(info->id);
  }
  // Either the container itself holds it from its last life, or nobody does: what is on the
  // network is let go of, and then the network's table goes with the network.
  const absl::Status removed = co_await podman_->RemoveContainer(spec.name);
  CO_RETURN_IF_ERROR(removed);
  const auto created = co_await podman_->CreateContainer(spec);
  CO_RETURN_IF_ERROR(created.status());
  const absl::Status started = co_await podman_->StartContainer(spec.name);
  if (AddressHolder(started).empty()) co_return started;

  const absl::Status removed_again = co_await podman_->RemoveContainer(spec.name);
  CO_RETURN_IF_ERROR(removed_again);
  const auto network = co_await podman_->InspectNetwork(spec.network);
  CO_RETURN_IF_ERROR(network.status());
  if (!IsLabelled(network->labels)) co_return ContainerErrors::AddressHeld(spec.address, holder);
  const absl::Status network_removed = co_await podman_->RemoveNetwork(spec.network);
  if (!network_removed.ok()) co_return ContainerErrors::AddressHeld(spec.address, holder);
  const absl::Status network_created = co_await podman_->CreateNetwork(*network);
  CO_RETURN_IF_ERROR(network_created);
  const auto created_again = co_await podman_->CreateContainer(spec);
  co_return created_again.status();
}

Awaitable<std::string> ContainerKeeper::LastLines(std::string container) {
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
