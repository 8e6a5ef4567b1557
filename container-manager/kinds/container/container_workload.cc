#include "container-manager/kinds/container/container_workload.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "container-manager/containers/labels.h"
#include "container-manager/kinds/container/base_spec.h"
#include "container-manager/kinds/container/image_pull.h"
#include "container-manager/kinds/container/readiness.h"
#include "container-manager/kinds/container/service_type.h"
#include "container-manager/kinds/container/workload_files.h"

namespace mpd::containers {

bool IsReached(const stored::Observed& observed, const ResolverStatus& status, int64_t revision) {
  const bool same_store = !status.store_id.empty() && status.store_id == observed.lease_store_id();
  return same_store && revision >= observed.lease_revision();
}

std::vector<Dependency> ContainerWorkload::DependsOn(const WorkloadRecord&) const {
  if (!AsksResolver()) return {};
  return {{DnsmasqId(), Dependency::Until::kStartBegun}};
}

std::string ContainerWorkload::Folder(const WorkloadId& id) const {
  return absl::StrCat(deps_.folders.state, "/", Pool(), "/", id.name);
}

Awaitable<absl::Status> ContainerWorkload::EnsureLease(Pass& pass) const {
  stored::Observed& observed = pass.observed();
  LeaseRequest request;
  request.owner = pass.id().Key();
  request.pool = Pool();
  request.address = observed.address();
  request.hostnames = Hostnames(pass.record());
  const auto lease = co_await deps_.leases->Allocate(request);
  if (!lease.ok()) {
    // While ipam restarts, a workload that has its address already need not wait for it.
    const bool known = !observed.address().empty() && absl::IsUnavailable(lease.status());
    co_return known ? absl::OkStatus() : lease.status();
  }
  const bool same = observed.address() == lease->address &&
                    observed.lease_revision() == lease->revision &&
                    observed.lease_store_id() == lease->store_id &&
                    std::equal(observed.hostnames().begin(), observed.hostnames().end(),
                               lease->hostnames.begin(), lease->hostnames.end());
  if (same) co_return absl::OkStatus();
  observed.set_address(lease->address);
  observed.set_lease_revision(lease->revision);
  observed.set_lease_store_id(lease->store_id);
  observed.mutable_hostnames()->Assign(lease->hostnames.begin(), lease->hostnames.end());
  co_return co_await pass.WriteObserved();
}

Awaitable<absl::StatusOr<PassOutcome>> ContainerWorkload::Up(Pass& pass) {
  const absl::Status leased = co_await EnsureLease(pass);
  CO_RETURN_IF_ERROR(leased);
  const auto found =
      co_await deps_.drivers->containers.Find(pass.id(), pass.record().observed.container_id());
  CO_RETURN_IF_ERROR(found.status());
  const absl::Status ended = co_await CheckEnd(deps_, pass, *found);
  CO_RETURN_IF_ERROR(ended);
  const bool is_running = found->has_value() && (*found)->running;
  pass.MarkStartBegun(is_running);
  const std::string blocker = is_running ? "" : Blocker(pass, *found);
  if (!blocker.empty()) {
    const absl::Status reported = co_await pass.Report(api::STATE_STARTING, blocker);
    CO_RETURN_IF_ERROR(reported);
    co_return PassOutcome::kWaiting;
  }
  const absl::Status network = co_await deps_.drivers->network.Ensure(NetworkSpecOf(config()));
  CO_RETURN_IF_ERROR(network);
  if (found->has_value()) pass.observed().set_container_id((*found)->id);
  const absl::Status volume = co_await EnsureDataVolume(pass);
  CO_RETURN_IF_ERROR(volume);
  const auto spec = co_await MakeSpec(pass, *found);
  CO_RETURN_IF_ERROR(spec.status());
  if (!spec->has_value()) co_return PassOutcome::kWaiting;
  if (pass.context().Stale()) co_return Pass::Superseded();
  co_return co_await RunContainer(pass, *found, **spec);
}

Awaitable<absl::StatusOr<PassOutcome>> ContainerWorkload::RunContainer(
    Pass& pass, std::optional<ContainerInfo> found, ContainerSpec spec) const {
  if (!found || !IsMadeFrom(*found, spec)) {
    const absl::Status before = co_await BeforeCreate(pass);
    CO_RETURN_IF_ERROR(before);
  }
  const auto created = co_await deps_.drivers->containers.EnsureCreated(
      pass.id(), found, spec, [&pass] { pass.ReportNoWait(api::STATE_CREATING); });
  CO_RETURN_IF_ERROR(created.status());
  // Stored before it runs: when Podman loses its record, the id is all that its processes are known
  // by.
  pass.observed().set_container_id(created->id);
  if (!created->running) {
    const absl::Status prepared = co_await PrepareStart(pass);
    CO_RETURN_IF_ERROR(prepared);
  }
  const auto container = co_await deps_.drivers->containers.EnsureStarted(spec, *created);
  CO_RETURN_IF_ERROR(container.status());
  const auto readiness =
      std::make_shared<Readiness>(deps_, *this, pass.shared_from_this(), *container);
  co_return co_await readiness->Await();
}

Awaitable<absl::Status> ContainerWorkload::PrepareStart(Pass& pass) const {
  pass.life() = ContainerLife();
  const absl::Status came = co_await pass.AwaitDependencies();
  CO_RETURN_IF_ERROR(came);
  const absl::Status reported = co_await pass.Report(api::STATE_STARTING);
  CO_RETURN_IF_ERROR(reported);
  pass.life().start_expected = true;
  pass.life().ready_signal = BeforeStart(Folder(pass.id()), pass.context().Waker());
  pass.MarkStartBegun(true);
  co_return absl::OkStatus();
}

Awaitable<absl::Status> ContainerWorkload::EnsureDataVolume(Pass& pass) const {
  auto our_ids =
      [store = deps_.store,
       id = pass.record().observed.container_id()]() -> absl::StatusOr<std::set<std::string>> {
    ASSIGN_OR_RETURN(const WorkloadList all, store->ReadAll());
    std::set<std::string> ids = {id};
    for (const auto& [other, record] : all.workloads) ids.insert(record.observed.container_id());
    return ids;
  };
  co_return co_await deps_.drivers->volumes.EnsureData(std::move(our_ids));
}

Awaitable<absl::StatusOr<std::string>> ContainerWorkload::EnsureBuild(
    Pass& pass, std::string image, std::optional<ContainerInfo> found) const {
  // Without an image id in the spec, the running container is kept whatever build it was made from.
  if (found && found->running && KeepsBuild(pass.record(), *found, image)) co_return std::string();
  co_return co_await EnsureImage(deps_, pass, image, found.has_value());
}

Awaitable<absl::StatusOr<std::optional<ContainerSpec>>> ContainerWorkload::MakeSpec(
    Pass& pass, std::optional<ContainerInfo> found) const {
  ContainerSpec spec = BeginSpec(config(), pass.record(), StopGrace());
  CO_ASSIGN_OR_RETURN(spec.image, co_await Image(pass));
  CO_ASSIGN_OR_RETURN(spec.image_id, co_await EnsureBuild(pass, spec.image, found));
  const std::string folder = Folder(pass.id());
  const absl::Status made = MakeFolder(folder, 0755);
  CO_RETURN_IF_ERROR(made);
  if (AsksResolver()) {
    const auto resolver = pass.all().workloads.find(DnsmasqId());
    if (resolver == pass.all().workloads.end() || resolver->second.observed.address().empty()) {
      const absl::Status reported = co_await pass.Report(
          api::STATE_STARTING,
          absl::StrCat("waits for ", DnsmasqId().Key(), " to have its address"));
      CO_RETURN_IF_ERROR(reported);
      co_return std::optional<ContainerSpec>();
    }
    spec.dns_servers = {resolver->second.observed.address()};
    spec.dns_options = {"timeout:1", "attempts:2"};
  }
  const absl::Status filled = FillSpec(pass, found, folder, &spec);
  CO_RETURN_IF_ERROR(filled);
  if (AsksResolver()) {
    const absl::Status hosts = WriteHostsFile(folder, spec.hostname, spec.address);
    CO_RETURN_IF_ERROR(hosts);
    spec.mounts.push_back({HostsFile(folder), "/etc/hosts", true});
  }
  SealSpec(pass.record(), &spec);
  co_return std::optional<ContainerSpec>(std::move(spec));
}

Awaitable<absl::StatusOr<PassOutcome>> ContainerWorkload::Down(Pass& pass) {
  const absl::Status leased = co_await EnsureLease(pass);
  CO_RETURN_IF_ERROR(leased);
  const auto found =
      co_await deps_.drivers->containers.Find(pass.id(), pass.record().observed.container_id());
  CO_RETURN_IF_ERROR(found.status());
  pass.life() = ContainerLife();
  if (!found->has_value()) {
    pass.observed().clear_container_id();
    const absl::Status reported = co_await pass.Report(api::STATE_MISSING, pass.WhyDown());
    CO_RETURN_IF_ERROR(reported);
    co_return PassOutcome::kSettled;
  }
  const ContainerInfo container = **found;
  pass.observed().set_container_id(container.id);
  if (container.MayRun()) {
    const std::string waits = pass.WaitsToStop();
    if (!waits.empty()) {
      const absl::Status reported = co_await pass.Report(pass.record().observed.state(), waits);
      CO_RETURN_IF_ERROR(reported);
      co_return PassOutcome::kWaiting;
    }
    const absl::Status reported = co_await pass.Report(api::STATE_STOPPING);
    CO_RETURN_IF_ERROR(reported);
    const absl::Status stopped =
        co_await deps_.podman->StopContainer(container.id, pass.TimeToStop());
    CO_RETURN_IF_ERROR(stopped);
  }
  const absl::Status reported = co_await pass.Report(api::STATE_STOPPED, pass.WhyDown());
  CO_RETURN_IF_ERROR(reported);
  co_return PassOutcome::kSettled;
}

// The container goes first and the lease last: cut off anywhere, what is left shows what is still
// to be done, and nobody else gets the address of a container that is still there.
Awaitable<absl::Status> ContainerWorkload::Delete(Pass& pass) {
  const auto found =
      co_await deps_.drivers->containers.Find(pass.id(), pass.record().observed.container_id());
  CO_RETURN_IF_ERROR(found.status());
  pass.life() = ContainerLife();
  if (found->has_value()) {
    const std::string container = (*found)->id;
    const absl::Status reported = co_await pass.Report(api::STATE_STOPPING, "being deleted");
    CO_RETURN_IF_ERROR(reported);
    const absl::Status stopped = co_await deps_.podman->StopContainer(container, StopGrace());
    if (!stopped.ok() && !absl::IsNotFound(stopped)) co_return stopped;
    const absl::Status removed = co_await deps_.drivers->containers.Remove(container);
    CO_RETURN_IF_ERROR(removed);
  }
  const absl::Status rest = co_await AfterRemove(pass);
  CO_RETURN_IF_ERROR(rest);
  const absl::Status files = RemoveWorkloadFiles(Folder(pass.id()));
  CO_RETURN_IF_ERROR(files);
  co_return co_await deps_.leases->Release(pass.id().Key());
}

Awaitable<absl::Status> ContainerWorkload::CheckNames(WorkloadRecord record,
                                                      bool was_running) const {
  const auto status = deps_.resolver->Status();
  // While mpd-dnsd-controller restarts, the resolver goes on, and names that resolved still do.
  if (!status.ok()) co_return was_running ? absl::OkStatus() : status.status();
  if (was_running) co_return absl::OkStatus();
  const stored::Observed& observed = record.observed;
  // What the resolver answered before its own last start says nothing of what it answers now; that
  // it is RUNNING does.
  const auto resolver = deps_.store->Read(DnsmasqId());
  const bool runs = resolver.ok() && resolver->observed.state() == api::STATE_RUNNING;
  if (runs && IsReached(observed, *status, status->published_revision)) {
    co_return absl::OkStatus();
  }
  const absl::Status live = co_await deps_.resolver->WaitForRevision(
      observed.lease_revision(), observed.lease_store_id(), kNamesTimeout);
  co_return live.ok() ? live : Annotate(live, "its names do not resolve yet");
}

}  // namespace mpd::containers
