#include "container-manager/testing/fake_environment.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "container-manager/podman/podman_errors.h"

namespace mpd::containers {

namespace asio = boost::asio;

bool FakeContainer::Uses(const std::string& volume) const {
  return std::any_of(spec.volumes.begin(), spec.volumes.end(),
                     [&volume](const VolumeMount& mount) { return mount.name == volume; });
}

std::string FakeWorld::BuildOf(const std::string& image) const {
  const auto it = rebuilt.find(image);
  return absl::StrCat("build ", it == rebuilt.end() ? 0 : it->second, " of ", image);
}

int FakeWorld::Did(const std::string& what) const {
  return static_cast<int>(std::count(history.begin(), history.end(), what));
}

void FakeWorld::RestoreIpam() {
  store_id += " restored";
  lease_revision = 0;
  for (auto& [owner, lease] : leases) lease.revision = ++lease_revision;
}

void FakeWorld::CatchUpDnsd() {
  resolver.store_id = store_id;
  resolver.rendered_revision = lease_revision;
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

void FakeActors::EmitEvent(const std::string& action, const FakeContainer& container) {
  world_->history.push_back(absl::StrCat(action, " ", container.info.name));
  if (!world_->on_event) return;
  asio::post(*loop_, [this, event = PodmanEvent{"container", action, container.info.id,
                                                container.info.name, absl::Now()}] {
    if (world_->on_event) world_->on_event(event);
  });
}

void FakeActors::Follow(std::function<void()> on_change) {
  asio::co_spawn(*loop_, NotifyOfChanges(std::move(on_change)), asio::detached);
}

}  // namespace mpd::containers
