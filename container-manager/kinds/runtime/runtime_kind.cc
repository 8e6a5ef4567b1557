#include "container-manager/kinds/runtime/runtime_kind.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/config/platform_env.h"
#include "container-manager/host/developer.h"
#include "container-manager/kinds/container/developer_watch.h"
#include "container-manager/kinds/runtime/runtime_api.h"
#include "container-manager/kinds/runtime/runtime_files.h"
#include "container-manager/kinds/runtime/sd_notify_listener.h"

namespace mpd::containers {
namespace {

constexpr size_t kMaxHostname = 63;
// Systemd's default of 307 tasks broke IDEs; the image lifts systemd's own limit.
constexpr int64_t kRuntimePids = 32768;
constexpr char kRuntimeMount[] = "/etc/mpd/runtime";
constexpr absl::Duration kStopGrace = absl::Seconds(20);
// How long systemd's own word is waited for at least before it is asked, which costs a process.
constexpr absl::Duration kBootPatience = absl::Milliseconds(100);
constexpr absl::Duration kAskTimeout = absl::Seconds(5);

// The volume that the runtime sees as /home.
std::string HomeVolume(const WorkloadId& id) { return absl::StrCat("mpd-home-", id.name); }

}  // namespace

std::string RuntimeHostname(absl::string_view vm_id, absl::string_view name) {
  if (vm_id.empty()) return absl::StrCat("mpd-", name);
  const size_t room = kMaxHostname - std::min(kMaxHostname, name.size() + 5);
  return absl::StrCat("mpd-", vm_id.substr(0, room), "-", name);
}

absl::string_view RuntimeKind::type() const { return RuntimeApi::kType; }

absl::StatusOr<WorkloadId> RuntimeKind::ParseName(absl::string_view name) const {
  return RuntimeId(name);
}

void RuntimeKind::Follow(std::weak_ptr<WorkloadWaker> waker) {
  WatchDeveloper(deps(), std::string(type()), std::move(waker));
}

absl::Duration RuntimeKind::StopGrace() const { return kStopGrace; }

void RuntimeKind::Complete(const WorkloadId& id, stored::Wish* wish) const {
  const auto it = config().runtime_images.find(id.name);
  wish->set_image(it == config().runtime_images.end() ? config().default_runtime_image
                                                      : it->second);
}

void RuntimeKind::View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const {
  *view->mutable_runtime() = RuntimeApi::View(record, zone);
}

std::string RuntimeKind::Pool() const { return "runtimes"; }

bool RuntimeKind::KeepsBuild(const WorkloadRecord&, const ContainerInfo&,
                             const std::string&) const {
  return true;
}

absl::Status RuntimeKind::FillSpec(Pass& pass, const std::optional<ContainerInfo>&,
                                   const std::string& folder, ContainerSpec* spec) const {
  const WorkloadId& id = pass.id();
  ASSIGN_OR_RETURN(const PlatformEnv platform, LoadPlatformEnv(deps().folders.platform_env));
  ASSIGN_OR_RETURN(const Developer developer, FindDeveloper(deps()));
  RuntimeFiles files;
  files.folder = folder;
  files.runtime_name = id.name;
  files.caroot = deps().folders.caroot;
  RETURN_IF_ERROR(WriteRuntimeFiles(files, developer));
  spec->mounts.push_back({folder, kRuntimeMount, true});
  spec->volumes.push_back({HomeVolume(id), "/home"});
  spec->hostname = RuntimeHostname(platform.vm_id, id.name);
  spec->systemd = true;
  spec->env["NOTIFY_SOCKET"] = absl::StrCat(kRuntimeMount, "/", kBootSocket);
  spec->pids_limit = kRuntimePids;
  return absl::OkStatus();
}

Awaitable<absl::Status> RuntimeKind::BeforeCreate(Pass& pass) const {
  const bool expected = !pass.record().observed.started_at().empty();
  co_return co_await deps().drivers->volumes.EnsureOwn(HomeVolume(pass.id()), pass.id(), expected);
}

std::shared_ptr<ReadySignal> RuntimeKind::BeforeStart(const std::string& folder,
                                                      std::function<void()> waker) const {
  auto boot = SdNotifyListener::Listen(deps().loop, folder, std::move(waker));
  // Where it cannot listen, systemd is asked.
  return boot.ok() ? *std::move(boot) : nullptr;
}

Awaitable<absl::Status> RuntimeKind::CheckUsable(UsableQuestion question) const {
  const absl::Status banner =
      co_await deps().probe->SshBanner(question.record.observed.address(), question.patience);
  if (!banner.ok()) co_return Annotate(banner, "sshd does not answer yet");
  if (question.was_running) co_return absl::OkStatus();
  co_return co_await CheckBooted(std::move(question));
}

Awaitable<absl::Status> RuntimeKind::CheckBooted(UsableQuestion question) const {
  // Waits for as long as it has listened so far, so systemd is asked ever more rarely while a boot
  // takes long.
  const std::shared_ptr<ReadySignal> boot = question.ready_signal;
  if (boot && co_await boot->Ready(std::max(kBootPatience, boot->age()))) {
    co_return absl::OkStatus();
  }
  const std::vector<std::string> command = {"systemctl", "is-system-running"};
  const auto systemd = co_await deps().podman->Exec(question.container.id, command, kAskTimeout);
  CO_RETURN_IF_ERROR(systemd.status());
  const absl::string_view output = systemd->output;
  if (absl::StartsWith(output, "running") || absl::StartsWith(output, "degraded")) {
    co_return absl::OkStatus();
  }
  co_return absl::UnavailableError(
      absl::StrCat("systemd in it is not up yet: ", output.substr(0, output.find('\n'))));
}

Awaitable<absl::Status> RuntimeKind::AfterRemove(Pass& pass) const {
  co_return co_await deps().drivers->volumes.RemoveOwn(HomeVolume(pass.id()), pass.id());
}

std::string RuntimeKind::DiagnosisCommand(const WorkloadId& id) const {
  return absl::StrCat("podman exec ", id.ContainerName(), " systemctl list-units --failed");
}

}  // namespace mpd::containers
