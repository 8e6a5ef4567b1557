#include "container-manager/kinds/database/database_kind.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/async/backoff.h"
#include "common/base/status.h"
#include "common/base/timestamps.h"
#include "common/types/field_path.h"
#include "container-manager/containers/container_errors.h"
#include "container-manager/kinds/container/base_spec.h"
#include "container-manager/kinds/container/service_type.h"
#include "container-manager/kinds/database/database_api.h"
#include "container-manager/kinds/database/database_server.h"

namespace mpd::containers {
namespace {

// Of what a server's parallel workers share; Podman's 64 MB are too few for PostgreSQL's.
constexpr int64_t kShmBytes = int64_t{256} << 20;
constexpr absl::Duration kAcceptTimeout = absl::Seconds(2);
constexpr absl::Duration kLoginTimeout = absl::Seconds(10);
constexpr absl::Duration kArchiveTimeout = absl::Seconds(60);
constexpr absl::Duration kFirstLook = absl::Milliseconds(25);
constexpr absl::Duration kLastLook = absl::Milliseconds(500);

absl::string_view FirstLine(absl::string_view text) { return text.substr(0, text.find('\n')); }

DatabaseServer ServerOf(const WorkloadRecord& record) {
  return DescribeServer(record.wish.engine(), DatabaseFolder(record.id.name),
                        record.observed.address());
}

}  // namespace

absl::string_view DatabaseKind::type() const { return DatabaseApi::kType; }

absl::StatusOr<WorkloadId> DatabaseKind::ParseName(absl::string_view name) const {
  WorkloadId id{DatabaseApi::kType, std::string(name)};
  const auto owner = Owner::Parse(id.Key());
  if (!owner.ok()) return AtField("name", owner.status());
  return id;
}

absl::Duration DatabaseKind::StopGrace() const { return config().database_stop_timeout; }

void DatabaseKind::View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const {
  *view->mutable_database() = DatabaseApi::View(record, zone);
}

std::string DatabaseKind::Pool() const { return "databases"; }

Awaitable<absl::StatusOr<std::string>> DatabaseKind::Image(Pass& pass) const {
  const WorkloadRecord& record = pass.record();
  const ImageChoice choice = ChooseImage(config(), record.wish.engine(), record.wish.version());
  if (!choice.configured.empty()) co_return choice.configured;
  // Another build of the same version may not read what this one wrote: user ids, locales.
  if (!record.observed.image().empty()) co_return record.observed.image();
  const auto local = co_await deps().podman->HasImage(choice.local);
  CO_RETURN_IF_ERROR(local.status());
  co_return *local ? choice.local : choice.reference;
}

// What runs has clients.
bool DatabaseKind::KeepsBuild(const WorkloadRecord& record, const ContainerInfo&,
                              const std::string& image) const {
  return image == record.observed.image();
}

absl::Status DatabaseKind::FillSpec(Pass& pass, const std::optional<ContainerInfo>&,
                                    const std::string&, ContainerSpec* spec) const {
  const WorkloadRecord& record = pass.record();
  const DatabaseServer server = ServerOf(record);
  pass.observed().set_image(spec->image);
  spec->command = server.command;
  spec->env = server.env;
  spec->stop_signal = server.stop_signal;
  spec->shm_bytes = kShmBytes;
  spec->hostname = record.id.name;
  // To make its folder, give it to the server's user, and become that.
  spec->capabilities = {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID"};
  spec->labels["mpd.db.engine"] = record.wish.engine();
  spec->labels["mpd.db.version"] = record.wish.version();
  return absl::OkStatus();
}

// The image's own client logs in: it speaks the protocol of this version. It costs a process, so it
// waits until the port is open.
Awaitable<absl::Status> DatabaseKind::CheckUsable(UsableQuestion question) const {
  const DatabaseServer server = ServerOf(question.record);
  const absl::Status open = co_await deps().probe->Accepts(question.record.observed.address(),
                                                           server.port, kAcceptTimeout);
  if (!open.ok()) co_return Annotate(open, "the server does not listen yet");
  const auto login =
      co_await deps().podman->Exec(question.container.id, server.login, kLoginTimeout);
  CO_RETURN_IF_ERROR(login.status());
  if (login->exit_code == 0) co_return absl::OkStatus();
  co_return absl::UnavailableError(
      absl::StrCat("no login succeeds yet: ", FirstLine(login->output)));
}

// It has the database's own name, so one that was cut off is found as the database's container, and
// started over.
ContainerSpec DatabaseKind::ArchiveSpec(const WorkloadRecord& record) const {
  ContainerSpec spec = BeginSpec(config(), record, StopGrace());
  // Any image with a shell would do: the resolver's is there wherever there is an environment.
  spec.image = config().service_images.at(DnsmasqId().name);
  spec.network.clear();
  const std::string suffix = absl::FormatTime(
      "%Y%m%dT%H%M%E3SZ", FromTimestamp(record.wish.delete_time()), absl::UTCTimeZone());
  spec.entrypoint = ArchiveDataCommand(record.id.name, suffix);
  return spec;
}

Awaitable<absl::Status> DatabaseKind::AfterRemove(Pass& pass) const {
  const absl::Status volume = co_await EnsureDataVolume(pass);
  CO_RETURN_IF_ERROR(volume);
  const ContainerSpec spec = ArchiveSpec(pass.record());
  const auto created = co_await deps().podman->CreateContainer(spec);
  if (absl::IsNotFound(created.status())) co_return ContainerErrors::ImageMissing(spec.image);
  CO_RETURN_IF_ERROR(created.status());
  const absl::Status started = co_await deps().podman->StartContainer(*created);
  CO_RETURN_IF_ERROR(started);
  const auto ended = co_await AwaitExit(pass, *created);
  CO_RETURN_IF_ERROR(ended.status());
  if (ended->exit_code != 0) {
    const std::string log = co_await deps().drivers->containers.LastLines(*created);
    co_return ContainerErrors::ArchiveFailed(DatabaseFolder(pass.id().name), ended->exit_code, log);
  }
  co_return co_await deps().drivers->containers.Remove(*created);
}

Awaitable<absl::StatusOr<ContainerInfo>> DatabaseKind::AwaitExit(Pass& pass,
                                                                 std::string container) const {
  const absl::Time deadline = absl::Now() + kArchiveTimeout;
  for (Backoff backoff(kFirstLook, kLastLook);;) {
    const auto info = co_await deps().podman->InspectContainer(container);
    if (!info.ok() || !info->running) co_return info;
    if (absl::Now() > deadline) {
      co_return ContainerErrors::ArchiveFailed(DatabaseFolder(pass.id().name), -1,
                                               "it takes too long");
    }
    co_await pass.context().Sleep(backoff.Next());
  }
}

}  // namespace mpd::containers
