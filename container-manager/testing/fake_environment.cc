#include "container-manager/testing/fake_environment.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "container-manager/podman/podman_errors.h"
#include "container-manager/podman/podman_json.h"

namespace mpd::containers {

namespace asio = boost::asio;

namespace {

bool Uses(const FakeContainer& container, const std::string& volume) {
  return std::any_of(container.spec.volumes.begin(), container.spec.volumes.end(),
                     [&volume](const VolumeMount& mount) { return mount.name == volume; });
}

// As systemd does when all that it had to start has started.
void TellBooted(const ContainerSpec& spec) {
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

std::string FakeWorld::BuildOf(const std::string& image) const {
  const auto it = rebuilt.find(image);
  return absl::StrCat("build ", it == rebuilt.end() ? 0 : it->second, " of ", image);
}

int FakeWorld::Did(const std::string& what) const {
  return static_cast<int>(std::count(history.begin(), history.end(), what));
}

void FakeWorld::Kill(const std::string& container) {
  FakeContainer& killed = containers.at(container);
  killed.info.running = false;
  killed.info.status = "exited";
  killed.info.exit_code = 137;
  address_table.erase(killed.spec.address);
  for (auto& [network, address] : killed.info.networks) address.clear();
  if (on_event) on_event({"container", "died", killed.info.id, killed.info.name, absl::Now()});
}

void FakeWorld::CutOffStart(const std::string& container) {
  FakeContainer& found = containers.at(container);
  found.info.running = false;
  found.info.status = "initialized";
}

void FakeWorld::Rename(const std::string& container, const std::string& name) {
  auto node = containers.extract(container);
  node.key() = name;
  node.mapped().info.name = name;
  const std::string id = node.mapped().info.id;
  containers.insert(std::move(node));
  if (on_event) on_event({"container", "rename", id, name, absl::Now()});
}

void FakeWorld::Move(const std::string& container, const std::string& address) {
  FakeContainer& moved = containers.at(container);
  std::string& now = moved.info.networks.begin()->second;
  address_table.erase(now);
  now = address;
  address_table[address] = moved.info.id;
  if (on_event) on_event({"network", "connect", moved.info.id, "", absl::Now()});
}

void FakeWorld::Remove(const std::string& container) {
  const FakeContainer removed = containers.at(container);
  containers.erase(container);
  address_table.erase(removed.spec.address);
  if (on_event) on_event({"container", "remove", removed.info.id, container, absl::Now()});
}

Awaitable<void> FakeActors::Sleep(absl::Duration duration) {
  asio::steady_timer timer(*loop_);
  if (duration == absl::InfiniteDuration()) {
    timer.expires_at(asio::steady_timer::time_point::max());
  } else {
    timer.expires_after(absl::ToChronoMilliseconds(duration));
  }
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

Awaitable<void> FakeActors::Gate() {
  co_await asio::post(*loop_, asio::use_awaitable);
  if (world_->halt_at >= 0 && world_->gates >= world_->halt_at) {
    world_->halted = true;
    co_await Sleep(absl::InfiniteDuration());
  }
  ++world_->gates;
}

FakeContainer* FakeActors::Find(const std::string& name_or_id) {
  for (auto& [name, container] : world_->containers) {
    if (name == name_or_id || container.info.id == name_or_id) return &container;
  }
  return nullptr;
}

absl::Status FakeActors::Held(const std::string& address) const {
  return PodmanErrors::FromHttp("start", 500,
                                absl::StrCat(R"({"message":"requested ip address )", address,
                                             R"( is already allocated to container ID )",
                                             world_->address_table.at(address), R"("})"));
}

absl::Status FakeActors::NoSuch(const std::string& what) const {
  return PodmanErrors::FromHttp(what, 404, R"({"message":"no such thing"})");
}

void FakeActors::Tell(const std::string& action, const FakeContainer& container) {
  world_->history.push_back(absl::StrCat(action, " ", container.info.name));
  if (!world_->on_event) return;
  asio::post(*loop_, [this, event = PodmanEvent{"container", action, container.info.id,
                                                container.info.name, absl::Now()}] {
    if (world_->on_event) world_->on_event(event);
  });
}

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

Awaitable<absl::Status> FakeActors::UnpauseContainer(std::string container) {
  co_await Gate();
  FakeContainer* const found = Find(container);
  if (found == nullptr) co_return NoSuch("unpause");
  found->info.status = "running";
  found->info.running = true;
  Tell("unpause", *found);
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
    if (!Uses(container, name)) continue;
    co_return PodmanErrors::FromHttp("remove volume", 409, "volume is being used");
  }
  world_->volumes.erase(name);
  world_->without_folder.erase(name);
  world_->history.push_back("remove volume");
  co_await Gate();
  co_return absl::OkStatus();
}

int FakeActors::EndProcesses(const std::string& container_id) {
  return static_cast<int>(world_->left_running.erase(container_id));
}

// The fake's volumes have their names for folders.
bool FakeActors::IsGone(const std::string& volume_folder) const {
  return world_->without_folder.count(volume_folder) > 0;
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
  Tell("create", container);
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
                         : key == "volume" ? Uses(container, value)
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
    if (!Uses(*found, volume)) continue;
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
  if (!exits) TellBooted(found->spec);
  Tell("start", *found);
  if (exits) Tell("died", *found);
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
  Tell("stop", *found);
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
  Tell("remove", *found);
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

Awaitable<absl::StatusOr<LeaseInfo>> FakeActors::Allocate(LeaseRequest request) {
  co_await Gate();
  auto [it, is_new] = world_->leases.try_emplace(request.owner);
  if (is_new) {
    const auto fixed = world_->fixed_addresses.find(request.owner);
    it->second.address = fixed != world_->fixed_addresses.end()
                             ? fixed->second
                             : absl::StrCat("10.163.0.", 100 + world_->lease_revision);
    it->second.hostnames = request.hostnames;
    it->second.revision = ++world_->lease_revision;
    world_->history.push_back("lease " + request.owner);
    world_->resolver.rendered_revision = world_->lease_revision;
  }
  const LeaseInfo lease = it->second;
  co_await Gate();
  co_return lease;
}

Awaitable<absl::Status> FakeActors::Release(std::string owner) {
  co_await Gate();
  if (world_->leases.erase(owner) > 0) world_->history.push_back("release " + owner);
  co_await Gate();
  co_return absl::OkStatus();
}

void FakeActors::Follow(std::function<void()> on_change) {
  asio::co_spawn(*loop_, TellChanges(std::move(on_change)), asio::detached);
}

Awaitable<void> FakeActors::TellChanges(std::function<void()> on_change) {
  ResolverStatus before;
  while (true) {
    const ResolverStatus now = *Status();
    if (now != before) on_change();
    before = now;
    co_await Sleep(absl::Milliseconds(2));
  }
}

absl::StatusOr<ResolverStatus> FakeActors::Status() {
  const FakeContainer* const dnsmasq = Find("mpd-service-dnsmasq");
  ResolverStatus status = world_->resolver;
  status.answers = dnsmasq != nullptr && dnsmasq->info.running;
  status.published_revision = status.rendered_revision;
  return status;
}

Awaitable<absl::Status> FakeActors::WaitForRevision(int64_t revision, absl::Duration) {
  if (revision == 0) world_->history.emplace_back("look at the resolver");
  co_await Gate();
  const auto status = Status();
  const bool answers = status->answers && !world_->resolver_deaf;
  if (answers && status->rendered_revision >= revision) co_return absl::OkStatus();
  co_return absl::DeadlineExceededError("not published");
}

Awaitable<absl::Status> FakeActors::Accepts(std::string address, uint16_t, absl::Duration timeout) {
  return SshBanner(std::move(address), timeout);
}

Awaitable<absl::Status> FakeActors::HttpAnswers(std::string address, std::string host,
                                                absl::Duration timeout) {
  world_->history.push_back(absl::StrCat("GET ", host, " at ", address));
  return SshBanner(std::move(address), timeout);
}

bool FakeActors::Has(const std::string&, const std::string&) const { return world_->bridge_left; }

absl::Status FakeActors::Remove(const std::string&) {
  for (const auto& [name, container] : world_->containers) {
    if (container.info.running) return absl::FailedPreconditionError("in use");
  }
  world_->bridge_left = false;
  return absl::OkStatus();
}

int FakeActors::Unplug(const std::string&, const std::string& hardware_address) {
  for (const std::string& address : world_->left_connected) {
    if (HardwareAddressOf(address) != hardware_address) continue;
    world_->left_connected.erase(address);
    return 1;
  }
  return 0;
}

Awaitable<absl::Status> FakeActors::SshBanner(std::string address, absl::Duration) {
  co_await Gate();
  if (world_->left_connected.count(address) > 0) {
    co_return absl::UnavailableError("connection refused");
  }
  for (const auto& [name, container] : world_->containers) {
    if (container.spec.address != address || world_->hanging_probe.count(name) == 0) continue;
    ++world_->probes_hanging;
    co_await Sleep(absl::InfiniteDuration());
  }
  for (const auto& [name, container] : world_->containers) {
    const bool answers = container.spec.address == address && container.info.running &&
                         world_->never_ready.count(name) == 0;
    if (answers) co_return absl::OkStatus();
  }
  co_return absl::UnavailableError("connection refused");
}

}  // namespace mpd::containers
