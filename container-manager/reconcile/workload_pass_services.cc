// The part of a pass that is for the services other than the resolver.
#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/types/names.h"
#include "container-manager/host/developer.h"
#include "container-manager/kinds/runtime/runtime_files.h"
#include "container-manager/kinds/service/portal_files.h"
#include "container-manager/reconcile/workload_pass.h"

namespace mpd::containers {
namespace {

using MaybeSpec = std::optional<ContainerSpec>;

std::string VmHostname() {
  char name[256] = "";
  (void)gethostname(name, sizeof(name) - 1);
  return name;
}

// nginx reads the page anew for each request, the servers only when it starts.
absl::StatusOr<std::string> WritePortalFiles(const Config& config, const std::string& folder) {
  const std::string servers = PortalServers(config);
  RETURN_IF_ERROR(WriteIfDifferent(absl::StrCat(folder, "/servers.conf"), servers));
  RETURN_IF_ERROR(MakeFolder(absl::StrCat(folder, "/www"), 0755));
  RETURN_IF_ERROR(
      WriteIfDifferent(absl::StrCat(folder, "/www/index.html"), PortalPage(config, VmHostname())));
  return DigestOf(servers);
}

}  // namespace

absl::StatusOr<std::string> WorkloadPass::PrepareServiceFiles() {
  const std::string folder = WorkloadFolder(parts_.folders, id_);
  RETURN_IF_ERROR(WriteHostsFile(folder, id_.name, record_.observed.address()));
  if (id_ == PortalId()) return WritePortalFiles(*parts_.config, folder);
  if (id_ == FileaccessId()) {
    ASSIGN_OR_RETURN(const Developer developer,
                     FindDeveloper(parts_.config->developer_user,
                                   parts_.config->authorized_keys_file, parts_.folders.passwd));
    RETURN_IF_ERROR(WriteDeveloperFiles(folder, developer));
    // Keys are read at each log-in, the rest when it starts.
    return DigestOf(absl::StrCat(developer.name, " ", developer.uid));
  }
  return std::string();
}

Awaitable<absl::StatusOr<MaybeSpec>> WorkloadPass::ServiceContainer(
    std::optional<ContainerInfo> found) {
  ServiceInputs inputs;
  CO_ASSIGN_OR_RETURN(inputs.image_id,
                      co_await EnsureImage(record_.wish.image(), found.has_value()));
  CO_ASSIGN_OR_RETURN(inputs.resolver_address, co_await ResolverAddress());
  if (inputs.resolver_address.empty()) co_return MaybeSpec();
  CO_ASSIGN_OR_RETURN(inputs.config_digest, PrepareServiceFiles());
  co_return MaybeSpec(ServiceSpec(*parts_.config, parts_.folders, record_, inputs));
}

Awaitable<absl::Status> WorkloadPass::CheckService() {
  const std::string& address = record_.observed.address();
  if (id_ == FileaccessId()) {
    const absl::Status banner = co_await parts_.probe->SshBanner(address, patience_);
    co_return banner.ok() ? banner : Annotate(banner, "sshd does not answer yet");
  }
  const std::string& zone = parts_.config->zone.value();
  const std::string host = id_ == PortalId() ? zone : absl::StrCat(id_.name, ".service.", zone);
  const absl::Status page = co_await parts_.probe->HttpAnswers(address, host, patience_);
  co_return page.ok() ? page : Annotate(page, "the web server does not answer yet");
}

}  // namespace mpd::containers
