// The part of a pass that is for databases: their image, their login, their data.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "container-manager/containers/container_errors.h"
#include "container-manager/kinds/container/image_pull.h"
#include "container-manager/kinds/database/database_server.h"
#include "container-manager/kinds/runtime/runtime_files.h"
#include "container-manager/reconcile/workload_pass.h"

namespace mpd::containers {
namespace {

using MaybeSpec = std::optional<ContainerSpec>;

constexpr absl::Duration kAcceptTimeout = absl::Seconds(2);
constexpr absl::Duration kLoginTimeout = absl::Seconds(10);
constexpr absl::Duration kRetireTimeout = absl::Seconds(60);
constexpr absl::Duration kFirstLook = absl::Milliseconds(25);
constexpr absl::Duration kLastLook = absl::Milliseconds(500);

absl::string_view FirstLine(absl::string_view text) { return text.substr(0, text.find('\n')); }

}  // namespace

Awaitable<absl::StatusOr<std::string>> WorkloadPass::EnsureImage(std::string image,
                                                                 bool has_container) {
  if (has_container) {
    auto id = co_await parts_.podman->ImageId(image);
    if (!absl::IsNotFound(id.status())) co_return id;
  } else {
    const auto there = co_await parts_.podman->HasImage(image);
    CO_RETURN_IF_ERROR(there.status());
    if (*there) co_return std::string();
  }
  // That is nobody's registry: such an image is made here.
  if (absl::StartsWith(image, "localhost/")) co_return ContainerErrors::ImageMissing(image);
  const absl::Status pulled = co_await PullImage(parts_, context_, image, [this](std::string told) {
    return Report(api::STATE_PULLING, std::move(told));
  });
  CO_RETURN_IF_ERROR(pulled);
  if (!has_container) co_return std::string();
  co_return co_await parts_.podman->ImageId(image);
}

Awaitable<absl::StatusOr<std::string>> WorkloadPass::DatabaseImage() {
  const ImageChoice choice =
      ChooseImage(*parts_.config, record_.wish.engine(), record_.wish.version());
  if (!choice.configured.empty()) co_return choice.configured;
  // Another build of the same version may not read what this one wrote: user ids, locales.
  if (!record_.observed.image().empty()) co_return record_.observed.image();
  const auto local = co_await parts_.podman->HasImage(choice.local);
  CO_RETURN_IF_ERROR(local.status());
  co_return *local ? choice.local : choice.reference;
}

Awaitable<absl::StatusOr<MaybeSpec>> WorkloadPass::DatabaseContainer(
    std::optional<ContainerInfo> found) {
  DatabaseInputs inputs;
  CO_ASSIGN_OR_RETURN(inputs.image, co_await DatabaseImage());
  // A newer build of the image is for the next start: what runs has clients.
  const bool keeps_image = found && found->running && inputs.image == record_.observed.image();
  if (!keeps_image) {
    CO_ASSIGN_OR_RETURN(inputs.image_id, co_await EnsureImage(inputs.image, found.has_value()));
    record_.observed.set_image(inputs.image);
  }
  CO_ASSIGN_OR_RETURN(inputs.resolver_address, co_await ResolverAddress());
  if (inputs.resolver_address.empty()) co_return MaybeSpec();
  const absl::Status hosts =
      WriteHostsFile(WorkloadFolder(parts_.folders, id_), id_.name, record_.observed.address());
  CO_RETURN_IF_ERROR(hosts);
  co_return MaybeSpec(DatabaseSpec(*parts_.config, parts_.folders, record_, inputs));
}

// The login by the image's own client, which speaks whatever this version wants to hear. It costs a
// process, so it waits until the port is open.
Awaitable<absl::Status> WorkloadPass::CheckDatabase(ContainerInfo container) {
  const std::string& address = record_.observed.address();
  const DatabaseServer server =
      DescribeServer(record_.wish.engine(), DatabaseFolder(id_.name), address);
  const absl::Status open = co_await parts_.probe->Accepts(address, server.port, kAcceptTimeout);
  if (!open.ok()) co_return Annotate(open, "the server does not listen yet");
  const auto login = co_await parts_.podman->Exec(container.id, server.login, kLoginTimeout);
  CO_RETURN_IF_ERROR(login.status());
  if (login->exit_code == 0) co_return absl::OkStatus();
  co_return absl::UnavailableError(
      absl::StrCat("no login succeeds yet: ", FirstLine(login->output)));
}

// One that was cut off is found by its name, which is the database's, and begun anew.
Awaitable<absl::Status> WorkloadPass::ArchiveData() {
  const absl::Status volume = co_await parts_.drivers->volumes.EnsureData(ContainerIds());
  CO_RETURN_IF_ERROR(volume);
  const ContainerSpec spec = ArchiveSpec(*parts_.config, record_);
  const auto created = co_await parts_.podman->CreateContainer(spec);
  if (absl::IsNotFound(created.status())) co_return ContainerErrors::ImageMissing(spec.image);
  CO_RETURN_IF_ERROR(created.status());
  const absl::Status started = co_await parts_.podman->StartContainer(*created);
  CO_RETURN_IF_ERROR(started);
  const absl::Time deadline = absl::Now() + kRetireTimeout;
  ContainerInfo info;
  for (absl::Duration delay = kFirstLook;; delay = std::min(delay * 2, kLastLook)) {
    CO_ASSIGN_OR_RETURN(info, co_await parts_.podman->InspectContainer(*created));
    if (!info.running) break;
    if (absl::Now() > deadline) {
      co_return ContainerErrors::RetireFailed(DatabaseFolder(id_.name), -1, "it takes too long");
    }
    co_await context_->Sleep(delay);
  }
  if (info.exit_code != 0) {
    const std::string log = co_await parts_.drivers->containers.LastLines(*created);
    co_return ContainerErrors::RetireFailed(DatabaseFolder(id_.name), info.exit_code, log);
  }
  co_return co_await parts_.drivers->containers.Remove(*created);
}

}  // namespace mpd::containers
