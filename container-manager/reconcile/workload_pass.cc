#include "container-manager/reconcile/workload_pass.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "container-manager/containers/container_errors.h"
#include "container-manager/kinds/runtime/runtime_files.h"
#include "container-manager/reconcile/await_commit.h"

namespace mpd::containers {
namespace {

constexpr absl::Duration kFirstProbeDelay = absl::Milliseconds(25);
constexpr absl::Duration kMaxProbeDelay = absl::Milliseconds(500);
// So that it is late by an eighth of the wait at most; to double the delay would make that a half.
constexpr int kProbesPerWait = 8;
// A container that has just come to its network loses a packet now and then: the next probe is
// sooner there than the packet is repeated. A server may be slow all the same.
constexpr absl::Duration kFirstPatience = absl::Milliseconds(250);
constexpr absl::Duration kMaxPatience = absl::Seconds(2);
constexpr absl::Duration kNamesTimeout = absl::Seconds(2);
// Nobody waits for these: an event comes first.
constexpr absl::Duration kLookAgain = absl::Seconds(1);
// How long systemd's own word is waited for at least before it is asked, which costs a process.
constexpr absl::Duration kBootPatience = absl::Milliseconds(100);

// The wish changed while the pass was under way. Never leaves this file.
absl::Status Superseded() { return absl::AbortedError("the wish changed"); }

bool IsActive(api::State state) {
  return state == api::STATE_RUNNING || state == api::STATE_STARTING ||
         state == api::STATE_STOPPING || state == api::STATE_CREATING;
}

}  // namespace

WorkloadPass::WorkloadPass(const PassParts& parts, PassContext* context, WorkloadId id,
                           std::string retry_note)
    : parts_(parts), context_(context), id_(std::move(id)), retry_note_(std::move(retry_note)) {}

bool WorkloadPass::wanted() const {
  return all_.environment.requested == api::REQUESTED_STATE_RUNNING &&
         record_.wish.requested_state() == api::REQUESTED_STATE_RUNNING;
}

Awaitable<PassResult> WorkloadPass::Run() {
  auto outcome = co_await Steps();
  PassResult result;
  if (outcome.ok()) {
    result.outcome = *outcome;
    co_return result;
  }
  result.error = outcome.status();
  result.outcome = absl::IsAborted(result.error) ? Outcome::kSuperseded : Outcome::kFailed;
  if (result.outcome == Outcome::kSuperseded) co_return result;
  // What was seen to run goes on running while Podman or a neighbour does not answer.
  const bool keeps_state =
      absl::IsUnavailable(result.error) && record_.observed.state() == api::STATE_RUNNING;
  const api::State state = keeps_state ? api::STATE_RUNNING : api::STATE_FAILED;
  const absl::Status told =
      co_await Report(state, absl::StrCat(result.error.message(), retry_note_));
  if (absl::IsAborted(told)) result.outcome = Outcome::kSuperseded;
  co_return result;
}

Awaitable<absl::StatusOr<PassResult::Outcome>> WorkloadPass::Steps() {
  CO_ASSIGN_OR_RETURN(all_, parts_.store->ReadAll());
  const auto it = all_.workloads.find(id_);
  if (it == all_.workloads.end()) co_return Outcome::kGone;
  record_ = it->second;
  if (record_.being_deleted() || !wanted()) MarkStartBegun(false);
  if (record_.being_deleted()) co_return co_await Delete();
  const absl::Status leased = co_await EnsureLease();
  CO_RETURN_IF_ERROR(leased);
  if (!wanted()) co_return co_await Stop();
  co_return co_await RunContainer();
}

Awaitable<absl::Status> WorkloadPass::EnsureLease() {
  LeaseRequest request;
  request.owner = id_.Key();
  request.pool = id_.Pool();
  request.address = record_.observed.address();
  request.hostnames = id_.Hostnames();
  const auto lease = co_await parts_.leases->Allocate(request);
  if (!lease.ok()) {
    // ipam restarting is no reason to hold up what has its address already.
    const bool known = !record_.observed.address().empty() && absl::IsUnavailable(lease.status());
    co_return known ? absl::OkStatus() : lease.status();
  }
  stored::Observed& observed = record_.observed;
  const bool same = observed.address() == lease->address &&
                    observed.lease_revision() == lease->revision &&
                    std::equal(observed.hostnames().begin(), observed.hostnames().end(),
                               lease->hostnames.begin(), lease->hostnames.end());
  if (same) co_return absl::OkStatus();
  observed.set_address(lease->address);
  observed.set_lease_revision(lease->revision);
  observed.mutable_hostnames()->Assign(lease->hostnames.begin(), lease->hostnames.end());
  co_return co_await WriteObserved();
}

// Container, then lease, then the records: cut off anywhere, what is left shows what is to be done.
Awaitable<absl::StatusOr<PassResult::Outcome>> WorkloadPass::Delete() {
  const auto found = co_await parts_.drivers->containers.Find(id_, record_.observed.container_id());
  CO_RETURN_IF_ERROR(found.status());
  context_->life() = ContainerLife();
  if (found->has_value()) {
    const absl::Status told = co_await Report(api::STATE_STOPPING, "being deleted");
    CO_RETURN_IF_ERROR(told);
    const absl::Status removed = co_await StopAndRemove(**found);
    CO_RETURN_IF_ERROR(removed);
  }
  if (id_.kind == WorkloadKind::kDatabase) {
    const absl::Status retired = co_await ArchiveData();
    CO_RETURN_IF_ERROR(retired);
  }
  if (id_.kind == WorkloadKind::kRuntime) {
    const absl::Status removed = co_await parts_.drivers->volumes.RemoveOwn(HomeVolume(id_), id_);
    CO_RETURN_IF_ERROR(removed);
  }
  const absl::Status files = RemoveWorkloadFiles(WorkloadFolder(parts_.folders, id_));
  CO_RETURN_IF_ERROR(files);
  const absl::Status released = co_await parts_.leases->Release(id_.Key());
  CO_RETURN_IF_ERROR(released);
  const auto gone = co_await AwaitCommit(parts_.loop, [this](CommitCallback done) {
    parts_.store->CommitGone(record_, std::move(done));
  });
  CO_RETURN_IF_ERROR(gone.status());
  if (!gone->succeeded) co_return Superseded();
  const std::string key = id_.Key();
  LOG_INFO("WORKLOAD_DELETED", "A workload was deleted", {{"workload", key}});
  co_return Outcome::kGone;
}

Awaitable<absl::Status> WorkloadPass::StopAndRemove(ContainerInfo container) {
  const absl::Status stopped =
      co_await parts_.podman->StopContainer(container.id, StopGrace(*parts_.config, id_.kind));
  if (!stopped.ok() && !absl::IsNotFound(stopped)) co_return stopped;
  co_return co_await parts_.drivers->containers.Remove(container.id);
}

absl::Time WorkloadPass::StopDeadline() const {
  const absl::Duration budget = parts_.config->environment_stop_timeout;
  const absl::Duration last = StopGrace(*parts_.config, WorkloadKind::kService);
  return all_.environment.stop_time + budget - std::min(last, budget / 4);
}

absl::Duration WorkloadPass::TimeToStop() const {
  const absl::Duration own = StopGrace(*parts_.config, id_.kind);
  const absl::Time now = absl::Now();
  // What runs after that was started behind our back, and has its own time.
  const bool environment_stops =
      all_.environment.requested != api::REQUESTED_STATE_RUNNING &&
      now < all_.environment.stop_time + parts_.config->environment_stop_timeout;
  if (!environment_stops || id_ == DnsmasqId()) return own;
  return std::clamp(StopDeadline() - now, absl::ZeroDuration(), own);
}

std::string WorkloadPass::WaitsToStop() const {
  if (id_ != DnsmasqId() || absl::Now() >= StopDeadline()) return "";
  for (const auto& [id, other] : all_.workloads) {
    if (id == DnsmasqId() || !IsActive(other.observed.state())) continue;
    return absl::StrCat("stops after ", id.Key());
  }
  return "";
}

Awaitable<absl::StatusOr<PassResult::Outcome>> WorkloadPass::Stop() {
  const bool environment_off = all_.environment.requested != api::REQUESTED_STATE_RUNNING;
  const bool only_environment =
      environment_off && record_.wish.requested_state() == api::REQUESTED_STATE_RUNNING;
  const std::string why = only_environment ? "the environment is stopped; run mpdctl up" : "";
  const auto found = co_await parts_.drivers->containers.Find(id_, record_.observed.container_id());
  CO_RETURN_IF_ERROR(found.status());
  context_->life() = ContainerLife();
  if (!found->has_value()) {
    record_.observed.clear_container_id();
    const absl::Status told = co_await Report(api::STATE_MISSING, why);
    CO_RETURN_IF_ERROR(told);
    co_return Outcome::kSettled;
  }
  const ContainerInfo container = **found;
  record_.observed.set_container_id(container.id);
  if (container.MayRun()) {
    const std::string waits = WaitsToStop();
    if (!waits.empty()) {
      const absl::Status told = co_await Report(record_.observed.state(), waits);
      CO_RETURN_IF_ERROR(told);
      co_return Outcome::kWaiting;
    }
    const absl::Status told = co_await Report(api::STATE_STOPPING);
    CO_RETURN_IF_ERROR(told);
    const absl::Status stopped = co_await parts_.podman->StopContainer(container.id, TimeToStop());
    CO_RETURN_IF_ERROR(stopped);
  }
  const absl::Status told = co_await Report(api::STATE_STOPPED, why);
  CO_RETURN_IF_ERROR(told);
  co_return Outcome::kSettled;
}

std::string WorkloadPass::WaitsForResolver() const {
  if (id_ == DnsmasqId()) return "";
  const auto resolver = all_.workloads.find(DnsmasqId());
  if (resolver == all_.workloads.end()) return "waits for service/dnsmasq to be set up";
  const stored::Observed& observed = resolver->second.observed;
  if (observed.state() == api::STATE_RUNNING) return "";
  const bool begun = parts_.resolver_start->begun && observed.state() != api::STATE_FAILED;
  if (begun) return "";
  const std::string why =
      observed.state() == api::STATE_FAILED ? absl::StrCat(": ", observed.status_message()) : "";
  return absl::StrCat("waits for service/dnsmasq", why);
}

// Here and not in another pass, so that what was looked at once need not be looked at again.
Awaitable<absl::Status> WorkloadPass::AwaitResolver() {
  for (std::string waits; !(waits = WaitsForResolver()).empty();) {
    const absl::Status told = co_await Report(api::STATE_STARTING, waits);
    CO_RETURN_IF_ERROR(told);
    co_await context_->SleepForOthers(kLookAgain);
    if (context_->Stale()) co_return Superseded();
    CO_ASSIGN_OR_RETURN(all_, parts_.store->ReadAll());
  }
  co_return absl::OkStatus();
}

void WorkloadPass::MarkStartBegun(bool begun) {
  if (id_ != DnsmasqId()) return;
  const bool before = std::exchange(parts_.resolver_start->begun, begun);
  if (begun && !before && parts_.resolver_start->on_begin) parts_.resolver_start->on_begin();
}

VolumeDriver::OurIds WorkloadPass::ContainerIds() {
  return [this]() -> absl::StatusOr<std::set<std::string>> {
    ASSIGN_OR_RETURN(const WorkloadList all, parts_.store->ReadAll());
    std::set<std::string> ids = {record_.observed.container_id()};
    for (const auto& [id, record] : all.workloads) ids.insert(record.observed.container_id());
    return ids;
  };
}

Awaitable<absl::Status> WorkloadPass::CheckEnd(std::optional<ContainerInfo> container) {
  if (container && container->running) co_return absl::OkStatus();
  const ContainerLife ended = std::exchange(context_->life(), ContainerLife());
  if (ended.container_id.empty() || ended.end_expected) co_return absl::OkStatus();
  if (!container) {
    const std::string key = id_.Key();
    LOG_WARNING("CONTAINER_REMOVED", "A container was removed behind our back and is made anew",
                {{"workload", key}, {"id", ended.container_id}});
    co_return absl::OkStatus();
  }
  const std::string log = co_await parts_.drivers->containers.LastLines(container->id);
  co_return ContainerErrors::Exited(container->name, container->exit_code, log);
}

Awaitable<absl::StatusOr<PassResult::Outcome>> WorkloadPass::RunContainer() {
  const auto found = co_await parts_.drivers->containers.Find(id_, record_.observed.container_id());
  CO_RETURN_IF_ERROR(found.status());
  const absl::Status ended = co_await CheckEnd(*found);
  CO_RETURN_IF_ERROR(ended);
  const bool is_running = found->has_value() && (*found)->running;
  MarkStartBegun(is_running);
  const std::string waits = is_running ? "" : WaitsForZone(*found);
  if (!waits.empty()) {
    const absl::Status told = co_await Report(api::STATE_STARTING, waits);
    CO_RETURN_IF_ERROR(told);
    co_return Outcome::kWaiting;
  }
  const absl::Status network =
      co_await parts_.drivers->network.Ensure(NetworkSpecOf(*parts_.config));
  CO_RETURN_IF_ERROR(network);
  if (found->has_value()) record_.observed.set_container_id((*found)->id);
  const absl::Status volume = co_await parts_.drivers->volumes.EnsureData(ContainerIds());
  CO_RETURN_IF_ERROR(volume);
  const auto spec = co_await Spec(*found);
  CO_RETURN_IF_ERROR(spec.status());
  if (!spec->has_value()) co_return Outcome::kWaiting;
  if (context_->Stale()) co_return Superseded();

  const auto created = co_await parts_.drivers->containers.EnsureCreated(
      id_, *found, **spec, [this] { ReportNoWait(api::STATE_CREATING); });
  CO_RETURN_IF_ERROR(created.status());
  // Known before it runs: by its id alone is it ever ended as one of ours.
  record_.observed.set_container_id(created->id);
  if (!created->running) {
    context_->life() = ContainerLife();
    const absl::Status resolved = co_await AwaitResolver();
    CO_RETURN_IF_ERROR(resolved);
    const absl::Status told = co_await Report(api::STATE_STARTING);
    CO_RETURN_IF_ERROR(told);
    ExpectStart();
    MarkStartBegun(true);
  }
  const auto container = co_await parts_.drivers->containers.EnsureStarted(**spec, *created);
  CO_RETURN_IF_ERROR(container.status());
  co_return co_await AwaitUsable(*container);
}

void WorkloadPass::ExpectStart() {
  ContainerLife& life = context_->life();
  life.start_expected = true;
  if (id_.kind != WorkloadKind::kRuntime) return;
  auto boot =
      SdNotifyListener::Listen(parts_.loop, WorkloadFolder(parts_.folders, id_), context_->Waker());
  // Without it systemd is asked.
  if (boot.ok()) life.boot = *std::move(boot);
}

Awaitable<absl::StatusOr<PassResult::Outcome>> WorkloadPass::AwaitUsable(ContainerInfo container) {
  stored::Observed& observed = record_.observed;
  const bool was_running = observed.state() == api::STATE_RUNNING &&
                           observed.container_id() == container.id &&
                           observed.started_at() == container.started_at;
  observed.set_container_id(container.id);
  observed.set_started_at(container.started_at);
  ContainerLife& life = context_->life();
  if (life.container_id != container.id || life.started_at != container.started_at) {
    // What awaits a start belongs to the life that this start begins, and to no later one.
    const bool begins = life.container_id.empty();
    if (!begins) life = ContainerLife();
    life.container_id = container.id;
    life.started_at = container.started_at;
    life.end_expected = false;
  }
  // When it was started is told with what comes next.
  const bool told_so = observed.state() == api::STATE_STARTING && observed.status_message().empty();
  if (!was_running && !told_so) {
    const absl::Status told = co_await Report(api::STATE_STARTING);
    CO_RETURN_IF_ERROR(told);
  }
  const absl::Time begin = absl::Now();
  absl::Duration delay = kFirstProbeDelay;
  patience_ = was_running ? kMaxPatience : kFirstPatience;
  while (true) {
    const auto wrong = co_await Probe(container, was_running);
    CO_RETURN_IF_ERROR(wrong.status());
    if (wrong->empty()) break;
    const absl::Status told = co_await Report(api::STATE_STARTING, *wrong);
    CO_RETURN_IF_ERROR(told);
    if (absl::Now() - begin > parts_.ready_timeout) {
      const std::string log = co_await parts_.drivers->containers.LastLines(container.id);
      co_return ContainerErrors::NotReady(id_, parts_.ready_timeout, *wrong, log);
    }
    co_await context_->Sleep(delay);
    // Its end is an event; where none come, it is looked for now and then.
    if (context_->TakeNews() || delay == kMaxProbeDelay) {
      const absl::Status runs = co_await CheckRuns(container);
      CO_RETURN_IF_ERROR(runs);
    }
    if (context_->Stale()) co_return Superseded();
    delay = std::clamp((absl::Now() - begin) / kProbesPerWait, kFirstProbeDelay, kMaxProbeDelay);
    patience_ = std::min(patience_ * 2, kMaxPatience);
  }
  const absl::Status told = co_await Report(api::STATE_RUNNING);
  CO_RETURN_IF_ERROR(told);
  if (!was_running) {
    const std::string key = id_.Key();
    LOG_INFO("WORKLOAD_RUNNING", "A workload is usable",
             {{"workload", key}, {"address", observed.address()}});
  }
  co_return Outcome::kSettled;
}

Awaitable<absl::StatusOr<std::string>> WorkloadPass::Probe(ContainerInfo container,
                                                           bool was_running) {
  struct Answer {
    bool arrived = false;
    absl::Status usable;
  };
  const auto answer = std::make_shared<Answer>();
  boost::asio::co_spawn(
      *parts_.loop,
      [self = shared_from_this(), container, was_running] {
        return self->CheckUsable(container, was_running);
      },
      [answer, wake = context_->Waker()](std::exception_ptr thrown, absl::Status usable) {
        if (thrown) std::rethrow_exception(thrown);
        answer->arrived = true;
        answer->usable = std::move(usable);
        wake();
      });
  while (!answer->arrived) {
    co_await context_->Sleep(kLookAgain);
    if (context_->TakeNews()) {
      const absl::Status runs = co_await CheckRuns(container);
      CO_RETURN_IF_ERROR(runs);
    }
    if (context_->Stale()) co_return Superseded();
  }
  co_return std::string(answer->usable.message());
}

// The container's life as it was; otherwise the pass begins anew, or fails with what it printed.
Awaitable<absl::Status> WorkloadPass::CheckRuns(ContainerInfo container) {
  const auto now = co_await parts_.podman->InspectContainer(container.id);
  if (absl::IsNotFound(now.status())) co_return Superseded();
  CO_RETURN_IF_ERROR(now.status());
  if (now->running && now->started_at == container.started_at) co_return absl::OkStatus();
  if (now->running) co_return Superseded();
  const absl::Status ended = co_await CheckEnd(*now);
  co_return ended.ok() ? Superseded() : ended;
}

Awaitable<absl::Status> WorkloadPass::CheckUsable(ContainerInfo container, bool was_running) {
  if (id_.kind == WorkloadKind::kRuntime) {
    const absl::Status usable = co_await CheckRuntime(container, was_running);
    CO_RETURN_IF_ERROR(usable);
  }
  if (id_.kind == WorkloadKind::kDatabase) {
    const absl::Status usable = co_await CheckDatabase(container);
    CO_RETURN_IF_ERROR(usable);
  }
  if (id_.kind == WorkloadKind::kService && id_ != DnsmasqId()) {
    const absl::Status usable = co_await CheckService();
    CO_RETURN_IF_ERROR(usable);
  }
  const auto resolver = parts_.resolver->Status();
  if (!resolver.ok()) {
    // Restarting, it says nothing about the resolver, which goes on.
    co_return was_running ? absl::OkStatus() : resolver.status();
  }
  const bool is_resolver = id_ == DnsmasqId();
  if (was_running && (!is_resolver || resolver->answers)) co_return absl::OkStatus();
  const int64_t named = record_.observed.lease_revision();
  // What it answered before it was last started tells nothing; that it is RUNNING does.
  if (!is_resolver && resolver->published_revision >= named && ResolverRuns()) {
    co_return absl::OkStatus();
  }
  const absl::Status live = co_await parts_.resolver->WaitForRevision(named, kNamesTimeout);
  if (live.ok()) co_return live;
  if (is_resolver) co_return absl::UnavailableError("the resolver does not answer yet");
  co_return Annotate(live, "its names do not resolve yet");
}

bool WorkloadPass::ResolverRuns() const {
  const auto resolver = parts_.store->Read(DnsmasqId());
  return resolver.ok() && resolver->observed.state() == api::STATE_RUNNING;
}

Awaitable<absl::Status> WorkloadPass::CheckRuntime(ContainerInfo container, bool was_running) {
  const absl::Status banner =
      co_await parts_.probe->SshBanner(record_.observed.address(), patience_);
  if (!banner.ok()) co_return Annotate(banner, "sshd does not answer yet");
  if (was_running) co_return absl::OkStatus();
  // Twice as long each time: a boot that takes long is no more often asked for.
  const std::shared_ptr<SdNotifyListener> boot = context_->life().boot;
  if (boot && co_await boot->Ready(std::max(kBootPatience, boot->age())))
    co_return absl::OkStatus();
  const std::vector<std::string> command = {"systemctl", "is-system-running"};
  const auto systemd = co_await parts_.podman->Exec(container.id, command, absl::Seconds(5));
  CO_RETURN_IF_ERROR(systemd.status());
  const absl::string_view said = systemd->output;
  if (said.substr(0, 7) == "running" || said.substr(0, 8) == "degraded") {
    co_return absl::OkStatus();
  }
  co_return absl::UnavailableError(
      absl::StrCat("systemd in it is not up yet: ", said.substr(0, said.find('\n'))));
}

bool WorkloadPass::SetState(api::State new_state, std::string message) {
  stored::Observed& observed = record_.observed;
  const auto before = all_.workloads.find(id_);
  if (observed.state() != new_state) {
    observed.set_state(new_state);
    const absl::Time now = absl::Now();
    observed.mutable_state_time()->set_seconds(absl::ToUnixSeconds(now));
    const absl::Duration rest = now - absl::FromUnixSeconds(absl::ToUnixSeconds(now));
    observed.mutable_state_time()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(rest)));
  }
  observed.set_status_message(std::move(message));
  return before == all_.workloads.end() ||
         before->second.observed.SerializeAsString() != observed.SerializeAsString();
}

Awaitable<absl::Status> WorkloadPass::Report(api::State new_state, std::string message) {
  if (!SetState(new_state, std::move(message))) co_return absl::OkStatus();
  co_return co_await WriteObserved();
}

void WorkloadPass::ReportNoWait(api::State new_state) {
  if (!SetState(new_state, "")) return;
  parts_.store->CommitObserved(record_, [](const absl::StatusOr<CommitResponse>&) {});
  all_.workloads[id_].observed = record_.observed;
}

Awaitable<absl::Status> WorkloadPass::WriteObserved() {
  const auto written = co_await AwaitCommit(parts_.loop, [this](CommitCallback done) {
    parts_.store->CommitObserved(record_, std::move(done));
  });
  CO_RETURN_IF_ERROR(written.status());
  if (!written->succeeded) co_return Superseded();
  all_.workloads[id_].observed = record_.observed;
  co_return absl::OkStatus();
}

}  // namespace mpd::containers
