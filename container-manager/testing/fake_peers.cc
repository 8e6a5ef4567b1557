// ipam, dnsd-controller, the network and the machine in memory.
#include <utility>

#include "absl/strings/str_cat.h"
#include "container-manager/podman/podman_json.h"
#include "container-manager/testing/fake_environment.h"

namespace mpd::containers {

int FakeActors::EndProcesses(const std::string& container_id) {
  return static_cast<int>(world_->left_running.erase(container_id));
}

// The fake's volumes have their names for folders.
bool FakeActors::IsGone(const std::string& volume_folder) const {
  return world_->without_folder.count(volume_folder) > 0;
}

Awaitable<absl::StatusOr<LeaseInfo>> FakeActors::Allocate(LeaseRequest request) {
  co_await Gate();
  const auto refused = world_->no_lease.find(request.owner);
  if (refused != world_->no_lease.end()) co_return refused->second;
  auto [it, is_new] = world_->leases.try_emplace(request.owner);
  if (is_new) {
    const auto fixed = world_->fixed_addresses.find(request.owner);
    it->second.address = fixed != world_->fixed_addresses.end()
                             ? fixed->second
                             : absl::StrCat("10.163.0.", 100 + world_->lease_revision);
    it->second.hostnames = request.hostnames;
    it->second.revision = ++world_->lease_revision;
    world_->history.push_back("lease " + request.owner);
    if (!world_->dnsd_stalled) world_->CatchUpDnsd();
  }
  LeaseInfo lease = it->second;
  lease.store_id = world_->store_id;
  co_await Gate();
  co_return lease;
}

Awaitable<absl::Status> FakeActors::Release(std::string owner) {
  co_await Gate();
  if (world_->leases.erase(owner) > 0) world_->history.push_back("release " + owner);
  co_await Gate();
  co_return absl::OkStatus();
}

Awaitable<void> FakeActors::NotifyOfChanges(std::function<void()> on_change) {
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

Awaitable<absl::Status> FakeActors::WaitForRevision(int64_t revision, std::string store_id,
                                                    absl::Duration) {
  if (revision == 0) world_->history.emplace_back("look at the resolver");
  co_await Gate();
  const auto status = Status();
  const bool answers = status->answers && !world_->resolver_deaf && store_id == status->store_id;
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
