#include "container-manager/kinds/service/service_kind.h"

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/host_name.h"
#include "common/base/status.h"
#include "container-manager/containers/labels.h"
#include "container-manager/host/developer.h"
#include "container-manager/kinds/container/base_spec.h"
#include "container-manager/kinds/container/developer_watch.h"
#include "container-manager/kinds/container/service_type.h"
#include "container-manager/kinds/container/workload_files.h"
#include "container-manager/kinds/service/portal_files.h"

namespace mpd::containers {
namespace {

std::vector<WorkloadId> AllIds() { return {PortalId(), FileaccessId(), AdminerId()}; }

}  // namespace

WorkloadId PortalId() { return {kServiceType, "portal"}; }
WorkloadId FileaccessId() { return {kServiceType, "fileaccess"}; }
WorkloadId AdminerId() { return {kServiceType, "adminer"}; }

absl::string_view ServiceKind::type() const { return kServiceType; }

absl::StatusOr<WorkloadId> ServiceKind::ParseName(absl::string_view name) const {
  return ParseServiceName(name, AllIds());
}

void ServiceKind::Follow(std::weak_ptr<WorkloadWaker> waker) {
  WatchDeveloper(deps(), std::string(type()), std::move(waker));
}

absl::Duration ServiceKind::StopGrace() const { return kServiceStopGrace; }

std::vector<Declaration> ServiceKind::Declared() const {
  return DeclaredServices(config(), AllIds());
}

void ServiceKind::View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const {
  *view->mutable_service() = ServiceApi::View(record, zone);
}

std::string ServiceKind::Pool() const { return "services"; }

std::vector<std::string> ServiceKind::Hostnames(const WorkloadRecord& record) const {
  if (record.id == PortalId()) return {"portal.service", "@", "adminer.service"};
  if (record.id == AdminerId()) return {"backend.adminer.service"};
  return ContainerWorkload::Hostnames(record);
}

absl::Status ServiceKind::FillSpec(Pass& pass, const std::optional<ContainerInfo>&,
                                   const std::string& folder, ContainerSpec* spec) const {
  const WorkloadId& id = pass.id();
  ASSIGN_OR_RETURN(spec->labels[kConfigLabel], WriteFiles(id, folder));
  spec->mounts.push_back({folder, "/etc/mpd/service", true});
  spec->hostname = id.name;
  // To listen below port 1024 and become somebody else.
  spec->capabilities = {"CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"};
  if (id == FileaccessId()) {
    // To make the developer and their folders, and what sshd does around a log-in.
    spec->capabilities.insert(
        spec->capabilities.end(),
        {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SYS_CHROOT"});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ServiceKind::WriteFiles(const WorkloadId& id,
                                                    const std::string& folder) const {
  if (id == PortalId()) return WritePortalFiles(folder);
  if (id == FileaccessId()) return WriteFileaccessFiles(folder);
  return std::string();
}

// nginx reads the page again for each request, the servers only when it starts.
absl::StatusOr<std::string> ServiceKind::WritePortalFiles(const std::string& folder) const {
  const std::string servers = PortalServers(config());
  RETURN_IF_ERROR(WriteWorkloadFile(absl::StrCat(folder, "/servers.conf"), servers));
  RETURN_IF_ERROR(MakeFolder(absl::StrCat(folder, "/www"), 0755));
  RETURN_IF_ERROR(
      WriteWorkloadFile(absl::StrCat(folder, "/www/index.html"), PortalPage(config(), HostName())));
  return DigestOf(servers);
}

// sshd reads the keys at each log-in, and the container's start makes the developer's account.
absl::StatusOr<std::string> ServiceKind::WriteFileaccessFiles(const std::string& folder) const {
  ASSIGN_OR_RETURN(const Developer developer, FindDeveloper(deps()));
  RETURN_IF_ERROR(
      WriteWorkloadFile(absl::StrCat(folder, "/developer.env"), DeveloperLines(developer)));
  RETURN_IF_ERROR(WriteDeveloperKeys(folder, developer));
  return DigestOf(absl::StrCat(developer.name, " ", developer.uid));
}

Awaitable<absl::Status> ServiceKind::CheckUsable(UsableQuestion question) const {
  const WorkloadId& id = question.record.id;
  const std::string& address = question.record.observed.address();
  if (id == FileaccessId()) {
    const absl::Status banner = co_await deps().probe->SshBanner(address, question.patience);
    co_return banner.ok() ? banner : Annotate(banner, "sshd does not answer yet");
  }
  const std::string& zone = config().zone.value();
  const std::string host = id == PortalId() ? zone : absl::StrCat(id.name, ".service.", zone);
  const absl::Status page = co_await deps().probe->HttpAnswers(address, host, question.patience);
  co_return page.ok() ? page : Annotate(page, "the web server does not answer yet");
}

}  // namespace mpd::containers
