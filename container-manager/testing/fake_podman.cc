// Networks, volumes and images of the Podman in memory.
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "container-manager/podman/podman_errors.h"
#include "container-manager/testing/fake_environment.h"

namespace mpd::containers {

Awaitable<absl::StatusOr<NetworkSpec>> FakeActors::InspectNetwork(std::string name) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  const auto it = world_->networks.find(name);
  if (it == world_->networks.end()) co_return NoSuch("inspect network");
  co_return it->second;
}

Awaitable<absl::Status> FakeActors::CreateNetwork(NetworkSpec spec) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  if (world_->networks.count(spec.name) > 0) {
    co_return PodmanErrors::FromHttp("create network", 409, "exists");
  }
  if (world_->bridge_left) {
    co_return PodmanErrors::FromHttp("create network", 500, "subnet is already used on the host");
  }
  world_->networks[spec.name] = spec;
  world_->history.push_back("create network");
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::Status> FakeActors::RemoveNetwork(std::string name) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  for (const auto& [other, container] : world_->containers) {
    if (container.info.networks.count(name) == 0) continue;
    co_return PodmanErrors::FromHttp("remove network", 500, "the network is being used");
  }
  world_->networks.erase(name);
  world_->address_table.clear();
  world_->history.push_back("remove network");
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::Status> FakeActors::ConnectNetwork(std::string network, std::string container,
                                                   std::string address) {
  co_await Gate();
  FakeContainer* const found = Find(container);
  if (found == nullptr) co_return NoSuch("connect");
  if (found->info.running && world_->address_table.count(address) > 0) {
    if (!world_->rolls_back) found->info.networks[network] = address;
    co_return Held(address);
  }
  found->info.networks[network] = found->info.running ? address : "";
  if (found->info.running) world_->address_table[address] = found->info.id;
  world_->history.push_back("connect " + found->info.name);
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::Status> FakeActors::DisconnectNetwork(std::string network, std::string container) {
  co_await Gate();
  FakeContainer* const found = Find(container);
  if (found == nullptr) co_return NoSuch("disconnect");
  const auto it = found->info.networks.find(network);
  if (it == found->info.networks.end()) co_return NoSuch("disconnect");
  world_->address_table.erase(it->second);
  found->info.networks.erase(it);
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::Status> FakeActors::CreateVolume(std::string name, Labels labels) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  if (!world_->volumes.try_emplace(name, labels).second) {
    co_return PodmanErrors::FromHttp("create volume", 500, "volume already exists");
  }
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::StatusOr<VolumeInfo>> FakeActors::InspectVolume(std::string name) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  const auto it = world_->volumes.find(name);
  if (it == world_->volumes.end()) co_return NoSuch("inspect volume");
  co_return VolumeInfo{name, it->second};
}

Awaitable<absl::Status> FakeActors::RemoveVolume(std::string name) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  for (const auto& [other, container] : world_->containers) {
    if (!container.Uses(name)) continue;
    co_return PodmanErrors::FromHttp("remove volume", 409, "volume is being used");
  }
  world_->volumes.erase(name);
  world_->without_folder.erase(name);
  world_->history.push_back("remove volume");
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<absl::StatusOr<bool>> FakeActors::HasImage(std::string image) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  co_return world_->images.count(image) > 0;
}

Awaitable<absl::StatusOr<std::string>> FakeActors::ImageId(std::string image) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  if (world_->images.count(image) == 0) co_return NoSuch("inspect image");
  co_return world_->BuildOf(image);
}

Awaitable<absl::Status> FakeActors::PullImage(PullRequest request) {
  co_await Gate();
  CO_RETURN_IF_ERROR(world_->podman_down);
  if (world_->in_registry.count(request.image) == 0) {
    co_return PodmanErrors::Refused("fetch image", "no such host");
  }
  const auto cancelled = std::make_shared<bool>(false);
  request.on_open([cancelled] { *cancelled = true; });
  request.on_progress({1, 1 << 20, 2 << 20});
  while (world_->registry_hangs && !*cancelled) co_await Sleep(absl::Milliseconds(1));
  world_->history.push_back(absl::StrCat(*cancelled ? "cancelled pull " : "pull ", request.image));
  if (!*cancelled) world_->images.insert(request.image);
  co_await Gate();
  co_return absl::OkStatus();
}

}  // namespace mpd::containers
