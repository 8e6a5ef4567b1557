#include "container-manager/reconcile/workload_specs.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/digest.h"
#include "container-manager/kinds/database/database_server.h"
#include "container-manager/kinds/runtime/runtime_files.h"
#include "container-manager/kinds/runtime/sd_notify_listener.h"
#include "container-manager/podman/podman_json.h"

namespace mpd::containers {
namespace {

constexpr size_t kMaxHostname = 63;
constexpr size_t kDigestBytes = 12;
// Systemd's default of 307 tasks broke IDEs; the image lifts systemd's own limit.
constexpr int64_t kRuntimePids = 32768;
constexpr char kRuntimeMount[] = "/etc/mpd/runtime";
// Of what a server's parallel workers share; Podman's 64 MB are too few for PostgreSQL's.
constexpr int64_t kDatabaseShmBytes = int64_t{256} << 20;

// What every container of ours has alike.
ContainerSpec Begin(const Config& config, const WorkloadRecord& record) {
  ContainerSpec spec;
  const WorkloadId& id = record.id;
  spec.name = id.ContainerName();
  spec.image = record.wish.image();
  spec.stop_timeout_s = static_cast<int>(absl::ToInt64Seconds(StopGrace(config, id.kind)));
  spec.network = config.network_name;
  spec.address = record.observed.address();
  spec.volumes.push_back({kDataVolume, "/srv"});
  spec.labels = IdentityLabels(id);
  spec.labels[kAddressLabel] = spec.address;
  return spec;
}

void AskResolver(const std::string& address, ContainerSpec* spec) {
  spec->dns_servers = {address};
  spec->dns_options = {"timeout:1", "attempts:2"};
}

// Last: the digest is over everything else.
void Seal(const WorkloadRecord& record, ContainerSpec* spec) {
  const std::string all = absl::StrCat(ToJson(*spec), "|", record.wish.restart_count());
  spec->labels[kSpecLabel] = DigestOf(all);
}

}  // namespace

std::string DigestOf(absl::string_view text) { return Sha256Hex(text).substr(0, 2 * kDigestBytes); }

std::string WorkloadFolder(const Folders& folders, const WorkloadId& id) {
  return absl::StrCat(folders.state, "/", id.Pool(), "/", id.name);
}

absl::Duration StopGrace(const Config& config, WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kService:
      return absl::Seconds(3);
    case WorkloadKind::kRuntime:
      return absl::Seconds(20);
    case WorkloadKind::kDatabase:
      return config.database_stop_timeout;
  }
  return absl::ZeroDuration();
}

ContainerSpec DnsmasqSpec(const Config& config, const Folders& folders,
                          const WorkloadRecord& record, const DnsmasqInputs& inputs) {
  ContainerSpec spec = Begin(config, record);
  spec.mounts.push_back({folders.dnsmasq, "/etc/mpd/dnsmasq", true});
  // The folder: systemd-resolved renames a new resolv.conf over the old one, and a mount of the
  // file would keep showing the old.
  spec.mounts.push_back({inputs.resolve_folder, "/run/systemd/resolve", true});
  spec.capabilities = {"CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETGID",
                       "CAP_SETUID"};
  spec.image_id = inputs.image_id;
  spec.labels[kConfigLabel] = inputs.config_digest;
  Seal(record, &spec);
  return spec;
}

ContainerSpec ServiceSpec(const Config& config, const Folders& folders,
                          const WorkloadRecord& record, const ServiceInputs& inputs) {
  ContainerSpec spec = Begin(config, record);
  const std::string folder = WorkloadFolder(folders, record.id);
  spec.mounts.push_back({folder, "/etc/mpd/service", true});
  spec.mounts.push_back({HostsFile(folder), "/etc/hosts", true});
  spec.hostname = record.id.name;
  AskResolver(inputs.resolver_address, &spec);
  // To listen below port 1024 and become somebody else.
  spec.capabilities = {"CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"};
  if (record.id == FileaccessId()) {
    // To make the developer and their folders, and what sshd does around a log-in.
    spec.capabilities.insert(spec.capabilities.end(), {"CAP_CHOWN", "CAP_DAC_OVERRIDE",
                                                       "CAP_FOWNER", "CAP_KILL", "CAP_SYS_CHROOT"});
  }
  spec.image_id = inputs.image_id;
  spec.labels[kConfigLabel] = inputs.config_digest;
  Seal(record, &spec);
  return spec;
}

ContainerSpec RuntimeSpec(const Config& config, const Folders& folders,
                          const WorkloadRecord& record, const RuntimeInputs& inputs) {
  ContainerSpec spec = Begin(config, record);
  const std::string folder = WorkloadFolder(folders, record.id);
  spec.mounts.push_back({folder, kRuntimeMount, true});
  spec.mounts.push_back({HostsFile(folder), "/etc/hosts", true});
  spec.volumes.push_back({HomeVolume(record.id), "/home"});
  spec.hostname = inputs.hostname;
  spec.systemd = true;
  spec.env["NOTIFY_SOCKET"] = absl::StrCat(kRuntimeMount, "/", kBootSocket);
  AskResolver(inputs.resolver_address, &spec);
  spec.pids_limit = kRuntimePids;
  spec.image_id = inputs.image_id;
  Seal(record, &spec);
  return spec;
}

ContainerSpec DatabaseSpec(const Config& config, const Folders& folders,
                           const WorkloadRecord& record, const DatabaseInputs& inputs) {
  ContainerSpec spec = Begin(config, record);
  const DatabaseServer server = DescribeServer(record.wish.engine(), DatabaseFolder(record.id.name),
                                               record.observed.address());
  spec.image = inputs.image;
  spec.command = server.command;
  spec.env = server.env;
  spec.stop_signal = server.stop_signal;
  spec.shm_bytes = kDatabaseShmBytes;
  spec.hostname = record.id.name;
  spec.mounts.push_back({HostsFile(WorkloadFolder(folders, record.id)), "/etc/hosts", true});
  AskResolver(inputs.resolver_address, &spec);
  // To make its folder, give it to the server's user, and become that.
  spec.capabilities = {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID"};
  spec.labels["mpd.db.engine"] = record.wish.engine();
  spec.labels["mpd.db.version"] = record.wish.version();
  spec.image_id = inputs.image_id;
  Seal(record, &spec);
  return spec;
}

ContainerSpec ArchiveSpec(const Config& config, const WorkloadRecord& record) {
  ContainerSpec spec = Begin(config, record);
  // Any image with a shell would do: this one is there wherever there is an environment.
  spec.image = config.service_images.at(DnsmasqId().name);
  spec.network.clear();
  const auto& time = record.wish.delete_time();
  const absl::Time deleted =
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  spec.entrypoint = RetireDataCommand(
      record.id.name, absl::FormatTime("%Y%m%dT%H%M%E3SZ", deleted, absl::UTCTimeZone()));
  return spec;
}

std::string RuntimeHostname(absl::string_view vm_id, absl::string_view name) {
  if (vm_id.empty()) return absl::StrCat("mpd-", name);
  const size_t room = kMaxHostname - std::min(kMaxHostname, name.size() + 5);
  return absl::StrCat("mpd-", vm_id.substr(0, room), "-", name);
}

NetworkSpec NetworkSpecOf(const Config& config) {
  NetworkSpec spec;
  spec.name = config.network_name;
  spec.interface = config.bridge;
  spec.subnet = config.subnet.ToString();
  spec.gateway = config.gateway.ToString();
  spec.dns_enabled = false;
  spec.labels = {{kManagedLabel, "true"}};
  return spec;
}

std::string RuntimeImage(const Config& config, const std::string& name) {
  const auto it = config.runtime_images.find(name);
  return it == config.runtime_images.end() ? config.default_runtime_image : it->second;
}

std::string HomeVolume(const WorkloadId& runtime) {
  return absl::StrCat("mpd-home-", runtime.name);
}

}  // namespace mpd::containers
