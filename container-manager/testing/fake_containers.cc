// Containers of the Podman in memory.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "container-manager/podman/podman_errors.h"
#include "container-manager/testing/fake_environment.h"

namespace mpd::containers {

namespace {

// As systemd does when all that it had to start has started.
void SendReady(const ContainerSpec& spec) {
  for (const BindMount& mount : spec.mounts) {
    if (!spec.systemd || mount.destination != "/etc/mpd/runtime") continue;
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = mount.source + "/boot";
    if (path.size() >= sizeof(address.sun_path)) continue;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)!sendto(out, "READY=1", 7, 0, reinterpret_cast<const sockaddr*>(&address),
                  sizeof(address));
    close(out);
  }
}

}  // namespace

Awaitable<absl::Status> FakeActors::UnpauseContainer(std::string container) {
  co_await Gate();
  FakeContainer* const found = Find(container);
  if (found == nullptr) co_return NoSuch("unpause");
  found->info.status = "running";
  found->info.running = true;
  EmitEvent("unpause", *found);
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::Status> FakeActors::RenameContainer(std::string container, std::string name) {
  co_await Gate();
  const FakeContainer* const found = Find(container);
  if (found == nullptr) co_return NoSuch("rename");
  auto node = world_->containers.extract(std::string(found->info.name));
  node.key() = name;
  node.mapped().info.name = name;
  world_->containers.insert(std::move(node));
  world_->history.push_back("rename " + name);
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::StatusOr<std::string>> FakeActors::CreateContainer(ContainerSpec spec) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  if (Find(spec.name) != nullptr) {
    co_return PodmanErrors::FromHttp("create", 409, "the name is in use");
  }
  FakeContainer container;
  container.spec = spec;
  container.info.id = absl::StrCat("c0ffee", ++world_->started);
  container.info.name = spec.name;
  container.info.image_id = world_->BuildOf(spec.image);
  container.info.status = "created";
  container.info.labels = spec.labels;
  if (!spec.network.empty()) container.info.networks[spec.network] = "";
  world_->containers[spec.name] = container;
  EmitEvent("create", container);
  co_await Gate();
  co_return container.info.id;
}

Awaitable<absl::StatusOr<ContainerInfo>> FakeActors::InspectContainer(std::string container) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  const FakeContainer* const found = Find(container);
  if (found == nullptr) co_return NoSuch("inspect");
  co_return found->info;
}

Awaitable<absl::StatusOr<std::vector<ContainerSummary>>> FakeActors::ListContainers(
    std::string key, std::string value) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  std::vector<ContainerSummary> all;
  all.reserve(world_->containers.size());
  for (const auto& [name, container] : world_->containers) {
    const auto label = container.info.labels.find(value.substr(0, value.find('=')));
    const bool matches = key == "network"  ? container.info.networks.count(value) > 0
                         : key == "volume" ? container.Uses(value)
                                           : label != container.info.labels.end();
    if (!matches) continue;
    all.push_back({container.info.id, name, container.info.running, container.info.labels});
  }
  co_return all;
}

Awaitable<absl::Status> FakeActors::StartContainer(std::string container) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  FakeContainer* const found = Find(container);
  if (found == nullptr) co_return NoSuch("start");
  if (found->info.running) co_return absl::OkStatus();
  if (found->info.MayRun()) {
    co_return PodmanErrors::FromHttp("start", 500, R"({"message":"runc start: exit status 1"})");
  }
  for (const std::string& volume : world_->without_folder) {
    if (!found->Uses(volume)) continue;
    co_return PodmanErrors::FromHttp("start", 500, R"({"message":"no such file or directory"})");
  }
  const bool connected = !found->info.networks.empty();
  if (connected && world_->address_table.count(found->spec.address) > 0) {
    co_return Held(found->spec.address);
  }
  const bool fails = world_->exits_at_once.count(found->info.name) > 0;
  // What has an entrypoint of ours does its work and ends.
  const bool exits = fails || !found->spec.entrypoint.empty();
  if (exits && !fails) world_->history.push_back("ran " + found->spec.entrypoint.back());
  found->info.running = !exits;
  found->info.status = exits ? "exited" : "running";
  found->info.exit_code = fails ? 3 : 0;
  found->info.started_at = absl::StrCat("start ", ++world_->started);
  if (!exits && connected) {
    world_->address_table[found->spec.address] = found->info.id;
    for (auto& [network, address] : found->info.networks) address = found->spec.address;
  }
  if (!exits) SendReady(found->spec);
  EmitEvent("start", *found);
  if (exits) EmitEvent("died", *found);
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::Status> FakeActors::StopContainer(std::string container, absl::Duration grace) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  FakeContainer* found = Find(container);
  if (found != nullptr) world_->grace_given[found->info.name] = grace;
  if (found != nullptr && world_->never_stops.count(found->info.name) > 0) {
    co_await Sleep(grace);
    found = Find(container);
  }
  if (found != nullptr && world_->stop_hangs.count(found->info.name) > 0) {
    co_await Sleep(absl::InfiniteDuration());
  }
  if (found == nullptr) co_return NoSuch("stop");
  if (!found->info.MayRun()) co_return absl::OkStatus();
  found->info.running = false;
  found->info.status = "exited";
  for (auto& [network, address] : found->info.networks) {
    world_->address_table.erase(address);
    address.clear();
  }
  EmitEvent("stop", *found);
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::Status> FakeActors::SignalContainer(std::string container, std::string signal) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  world_->history.push_back(absl::StrCat(signal, " ", container));
  co_return absl::OkStatus();
}

Awaitable<absl::Status> FakeActors::RemoveContainer(std::string container) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  const FakeContainer* const found = Find(container);
  if (found == nullptr) co_return absl::OkStatus();
  for (const auto& [network, address] : found->info.networks) world_->address_table.erase(address);
  EmitEvent("remove", *found);
  world_->containers.erase(std::string(found->info.name));
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::StatusOr<ExecResult>> FakeActors::Exec(std::string container,
                                                       std::vector<std::string>, absl::Duration) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  const FakeContainer* const found = Find(container);
  if (found == nullptr) co_return NoSuch("exec");
  if (world_->no_login.count(found->info.name) > 0) {
    co_return ExecResult{2, "FATAL: the database system is starting up\n"};
  }
  co_return ExecResult{0, "running\n"};
}

Awaitable<absl::Status> FakeActors::Logs(std::string, LogRequest,
                                         std::function<bool(LogChunk)> on_chunk) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  on_chunk({true, "bad option at line 1\n"});
  co_return absl::OkStatus();
}

Awaitable<absl::Status> FakeActors::Events(absl::Time, std::function<void()> on_open,
                                           std::function<void(const PodmanEvent&)> on_event) {
  CO_RETURN_IF_ERROR(world_->podman_down);
  world_->on_event = std::move(on_event);
  on_open();
  while (world_->podman_down.ok()) co_await Sleep(absl::Milliseconds(5));
  world_->on_event = nullptr;
  co_return world_->podman_down;
}

}  // namespace mpd::containers
