#include "container-manager/kinds/resolver/resolver_kind.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "container-manager/containers/labels.h"
#include "container-manager/kinds/container/service_type.h"

namespace mpd::containers {
namespace {

constexpr absl::Duration kAskTimeout = absl::Seconds(1);
constexpr absl::Duration kRestartGrace = absl::Seconds(2);

// Whether the workload has a lease, or is to have one.
bool NeedsLease(const WorkloadRecord& record, const WorkloadKinds& kinds) {
  const WorkloadKind* const kind = kinds.Find(record.id);
  return kind != nullptr && kind->IsLeased() && !record.being_deleted();
}

// A failed workload that cannot get its lease does not hold up the others. The lease that it had in
// another store of ipam's is never rendered.
bool CannotLease(const stored::Observed& observed, const std::string& store_id) {
  if (observed.state() != api::STATE_FAILED) return false;
  return observed.lease_revision() == 0 || observed.lease_store_id() != store_id;
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

// Each process of mpd-dnsd-controller counts from 0. When a counter is lower than before, the
// process is a new one, and any value above 0 is a new request.
bool IsRaised(int64_t before, int64_t now) { return now > (now < before ? 0 : before); }

}  // namespace

absl::string_view ResolverKind::type() const { return kServiceType; }

absl::StatusOr<WorkloadId> ResolverKind::ParseName(absl::string_view name) const {
  return ParseServiceName(name, {DnsmasqId()});
}

absl::Duration ResolverKind::StopGrace() const { return kServiceStopGrace; }

std::vector<Declaration> ResolverKind::Declared() const {
  return DeclaredServices(config(), {DnsmasqId()});
}

void ResolverKind::View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const {
  *view->mutable_service() = ServiceApi::View(record, zone);
}

std::string ResolverKind::Pool() const { return "services"; }

std::string ResolverKind::Blocker(const Pass& pass,
                                  const std::optional<ContainerInfo>& found) const {
  const auto status = deps().resolver->Status();
  const bool is_rendered = status.ok() && !status->config_digest.empty();
  // While mpd-dnsd-controller restarts, what it rendered before is there.
  const bool was_rendered = found && found->labels.count(kConfigLabel) > 0;
  std::string waits;
  for (const auto& [id, record] : pass.all().workloads) {
    const stored::Observed& observed = record.observed;
    if (!NeedsLease(record, pass.kinds())) continue;
    if (CannotLease(observed, is_rendered ? status->store_id : "")) continue;
    if (observed.lease_revision() == 0) return "waits until every workload has its address";
    if (!is_rendered || IsReached(observed, *status, status->rendered_revision)) continue;
    waits = absl::StrCat("waits for the zone of revision ", observed.lease_revision(),
                         " to be rendered");
  }
  if (is_rendered) return waits;
  if (was_rendered) return "";
  return status.ok() ? "waits for the zone to be rendered"
                     : absl::StrCat("waits: ", status.status().message());
}

absl::Status ResolverKind::FillSpec(Pass&, const std::optional<ContainerInfo>& found,
                                    const std::string&, ContainerSpec* spec) const {
  spec->mounts.push_back({deps().folders.dnsmasq, "/etc/mpd/dnsmasq", true});
  // The folder: systemd-resolved renames a new resolv.conf over the old one, and a mount of the
  // file would keep showing the old.
  ASSIGN_OR_RETURN(const std::string resolve_folder, ResolveFolder(deps().folders));
  spec->mounts.push_back({resolve_folder, "/run/systemd/resolve", true});
  spec->capabilities = {"CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETGID",
                        "CAP_SETUID"};
  const auto status = deps().resolver->Status();
  std::string digest = status.ok() ? status->config_digest : "";
  // While mpd-dnsd-controller restarts, the container is as good as it was.
  if (found && digest.empty()) {
    digest = std::string(LabelOf(found->labels, kConfigLabel));
  }
  spec->labels[kConfigLabel] = digest;
  return absl::OkStatus();
}

// That it answers is what CheckNames asks.
Awaitable<absl::Status> ResolverKind::CheckUsable(UsableQuestion) const {
  co_return absl::OkStatus();
}

Awaitable<absl::Status> ResolverKind::CheckNames(WorkloadRecord record, bool was_running) const {
  const auto status = deps().resolver->Status();
  // While mpd-dnsd-controller restarts, the resolver goes on.
  if (!status.ok()) co_return was_running ? absl::OkStatus() : status.status();
  if (was_running && status->answers) co_return absl::OkStatus();
  const absl::Status live = co_await deps().resolver->WaitForRevision(
      record.observed.lease_revision(), record.observed.lease_store_id(), kNamesTimeout);
  if (live.ok()) co_return live;
  co_return absl::UnavailableError("the resolver does not answer yet");
}

// Left alone, mpd-dnsd-controller asks it every few seconds. Its death is known here at once.
void ResolverKind::OnContainerEvent() {
  boost::asio::co_spawn(
      *deps().loop,
      [resolver = deps().resolver]() -> Awaitable<void> {
        const auto status = resolver->Status();
        if (!status.ok()) co_return;
        (void)co_await resolver->WaitForRevision(0, status->store_id, kAskTimeout);
      },
      boost::asio::detached);
}

void ResolverKind::Follow(std::weak_ptr<WorkloadWaker> waker) {
  deps().resolver->Follow([this, waker] { OnStatus(waker); });
}

void ResolverKind::OnStatus(const std::weak_ptr<WorkloadWaker>& weak) {
  const std::shared_ptr<WorkloadWaker> waker = weak.lock();
  const auto now = deps().resolver->Status();
  // While mpd-dnsd-controller is away nothing is known, and the resolver goes on.
  if (!waker || waker->stopped() || !now.ok()) return;
  const ResolverStatus before = last_.value_or(*now);
  const bool changed = !last_ || now->restart_request != before.restart_request ||
                       now->config_digest != before.config_digest || now->answers != before.answers;
  last_ = *now;
  if (IsRaised(before.restart_request, now->restart_request)) {
    boost::asio::co_spawn(*deps().loop, Restart(weak), boost::asio::detached);
  } else if (IsRaised(before.reload_request, now->reload_request)) {
    boost::asio::co_spawn(*deps().loop, Reload(), boost::asio::detached);
  }
  waker->Wake(DnsmasqId(), changed ? WakeReason::kObserved : WakeReason::kOthers);
}

Awaitable<void> ResolverKind::Restart(std::weak_ptr<WorkloadWaker> weak) const {
  std::shared_ptr<WorkloadWaker> waker = weak.lock();
  if (!waker || !waker->ExpectEnd(DnsmasqId())) co_return;
  waker.reset();
  const std::string container = DnsmasqId().ContainerName();
  LOG_WARNING("RESOLVER_RESTARTED", "The resolver does not follow and is restarted",
              {{"container", container}});
  (void)co_await deps().podman->StopContainer(container, kRestartGrace);
  // Its loop then finds it stopped, and starts it.
  if ((waker = weak.lock())) waker->Wake(DnsmasqId(), WakeReason::kObserved);
}

Awaitable<void> ResolverKind::Reload() const {
  const std::string container = DnsmasqId().ContainerName();
  LOG_WARNING("RESOLVER_RELOADED", "The resolver does not follow and is told to reload",
              {{"container", container}});
  (void)co_await deps().podman->SignalContainer(container, "SIGHUP");
}

}  // namespace mpd::containers
