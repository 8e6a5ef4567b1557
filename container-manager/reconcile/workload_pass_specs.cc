// The part of a pass that gathers what a container is made from.
#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/config/platform_env.h"
#include "container-manager/containers/container_errors.h"
#include "container-manager/host/developer.h"
#include "container-manager/kinds/runtime/runtime_files.h"
#include "container-manager/reconcile/workload_pass.h"

namespace mpd::containers {
namespace {

using MaybeSpec = std::optional<ContainerSpec>;

// All names of all leases are on disk before the resolver first starts: a name that was asked for
// too early stays unknown in caches for minutes. A workload that cannot have a lease does not hold
// up the others. Negative: one is still to come.
int64_t RevisionToRender(const WorkloadList& all) {
  int64_t revision = 0;
  for (const auto& [id, record] : all.workloads) {
    if (record.being_deleted()) continue;
    const bool leased = record.observed.lease_revision() > 0;
    if (!leased && record.observed.state() != api::STATE_FAILED) return -1;
    revision = std::max(revision, record.observed.lease_revision());
  }
  return revision;
}

// systemd-resolved's folder; where there is none, an empty one: dnsmasq does not start without a
// folder to watch for upstream servers, and serves the zone without any.
absl::StatusOr<std::string> ResolveFolder(const Folders& folders) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folders.resolve, ignored)) return folders.resolve;
  const std::string empty = absl::StrCat(folders.state, "/no-upstream");
  RETURN_IF_ERROR(MakeFolder(empty, 0755));
  return empty;
}

// Empty where it has none of this key.
std::string LabelOf(const ContainerInfo& container, const std::string& key) {
  const auto label = container.labels.find(key);
  return label == container.labels.end() ? "" : label->second;
}

}  // namespace

Awaitable<absl::StatusOr<MaybeSpec>> WorkloadPass::Spec(std::optional<ContainerInfo> found) {
  switch (id_.kind) {
    case WorkloadKind::kService:
      return id_ == DnsmasqId() ? DnsmasqContainer(std::move(found))
                                : ServiceContainer(std::move(found));
    case WorkloadKind::kRuntime:
      return RuntimeContainer(std::move(found));
    case WorkloadKind::kDatabase:
      return DatabaseContainer(std::move(found));
  }
  return RuntimeContainer(std::move(found));
}

std::string WorkloadPass::WaitsForZone(const std::optional<ContainerInfo>& found) const {
  if (id_ != DnsmasqId()) return "";
  const int64_t needed = RevisionToRender(all_);
  if (needed < 0) return "waits until every workload has its address";
  const auto resolver = parts_.resolver->Status();
  if (!resolver.ok() || resolver->config_digest.empty()) {
    // dnsd-controller is restarting: what it rendered before is there.
    if (found && found->labels.count(kConfigLabel) > 0) return "";
    return resolver.ok() ? "waits for the zone to be rendered"
                         : absl::StrCat("waits: ", resolver.status().message());
  }
  if (resolver->rendered_revision >= needed) return "";
  return absl::StrCat("waits for the zone of revision ", needed, " to be rendered");
}

Awaitable<absl::StatusOr<MaybeSpec>> WorkloadPass::DnsmasqContainer(
    std::optional<ContainerInfo> found) {
  const auto image = co_await EnsureImage(record_.wish.image(), found.has_value());
  CO_RETURN_IF_ERROR(image.status());
  DnsmasqInputs inputs;
  inputs.image_id = *image;
  const auto resolve_folder = ResolveFolder(parts_.folders);
  CO_RETURN_IF_ERROR(resolve_folder.status());
  inputs.resolve_folder = *resolve_folder;

  const auto resolver = parts_.resolver->Status();
  if (resolver.ok()) inputs.config_digest = resolver->config_digest;
  // dnsd-controller is restarting: what runs is as good as it was.
  if (found && inputs.config_digest.empty()) inputs.config_digest = LabelOf(*found, kConfigLabel);
  co_return MaybeSpec(DnsmasqSpec(*parts_.config, parts_.folders, record_, inputs));
}

Awaitable<absl::StatusOr<MaybeSpec>> WorkloadPass::RuntimeContainer(
    std::optional<ContainerInfo> found) {
  RuntimeInputs inputs;
  // A newer build of the image is for the next start: somebody works in what runs.
  if (!found || !found->running) {
    // A missing image is told before anything is made.
    CO_ASSIGN_OR_RETURN(inputs.image_id,
                        co_await EnsureImage(record_.wish.image(), found.has_value()));
  }
  const auto platform = LoadPlatformEnv(parts_.folders.platform_env);
  CO_RETURN_IF_ERROR(platform.status());
  inputs.hostname = RuntimeHostname(platform->vm_id, id_.name);
  CO_ASSIGN_OR_RETURN(inputs.resolver_address, co_await ResolverAddress());
  if (inputs.resolver_address.empty()) co_return MaybeSpec();
  const absl::Status files = PrepareRuntimeFiles(inputs.hostname);
  CO_RETURN_IF_ERROR(files);
  ContainerSpec spec = RuntimeSpec(*parts_.config, parts_.folders, record_, inputs);
  if (!found || !IsMadeFrom(*found, spec)) {
    // It outlives the containers that were made with it.
    const bool expected = !record_.observed.started_at().empty();
    const absl::Status home =
        co_await parts_.drivers->volumes.EnsureOwn(HomeVolume(id_), id_, expected);
    CO_RETURN_IF_ERROR(home);
  }
  co_return MaybeSpec(std::move(spec));
}

Awaitable<absl::StatusOr<std::string>> WorkloadPass::ResolverAddress() {
  const auto resolver = all_.workloads.find(DnsmasqId());
  const std::string address =
      resolver == all_.workloads.end() ? "" : resolver->second.observed.address();
  if (address.empty()) {
    const absl::Status told =
        co_await Report(api::STATE_STARTING, "waits for service/dnsmasq to have its address");
    CO_RETURN_IF_ERROR(told);
  }
  co_return address;
}

absl::Status WorkloadPass::PrepareRuntimeFiles(const std::string& hostname) {
  ASSIGN_OR_RETURN(const Developer developer,
                   FindDeveloper(parts_.config->developer_user, parts_.config->authorized_keys_file,
                                 parts_.folders.passwd));
  RuntimeFiles files;
  files.folder = WorkloadFolder(parts_.folders, id_);
  files.runtime_name = id_.name;
  files.hostname = hostname;
  files.address = record_.observed.address();
  files.caroot = parts_.folders.caroot;
  return WriteRuntimeFiles(files, developer);
}

}  // namespace mpd::containers
