#include "container-manager/workload_specs.h"

#include <openssl/sha.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "container-manager/podman_json.h"
#include "container-manager/runtime_files.h"

namespace mpd::containers {
namespace {

constexpr size_t kMaxHostname = 63;
constexpr size_t kDigestBytes = 12;
// Systemd's default of 307 tasks broke IDEs; the image lifts systemd's own limit.
constexpr int64_t kRuntimePids = 32768;
constexpr int kRuntimeStopSeconds = 20;
constexpr int kServiceStopSeconds = 3;

std::string Digest(const std::string& text) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash), kDigestBytes));
}

// What every container of ours has alike.
ContainerSpec Begin(const Config& config, const WorkloadRecord& record) {
  ContainerSpec spec;
  const WorkloadId& id = record.id;
  spec.name = id.ContainerName();
  spec.image = record.wish.image();
  spec.network = config.network_name;
  spec.address = record.observed.address();
  spec.volumes.push_back({kDataVolume, "/srv"});
  spec.labels = {{kManagedLabel, "true"},
                 {"mpd.type", std::string(TypeLabel(id.kind))},
                 {"mpd.name", id.name},
                 {"mpd.ip", spec.address}};
  return spec;
}

// Last: the digest is over everything else.
void Seal(const WorkloadRecord& record, ContainerSpec* spec) {
  const std::string all = absl::StrCat(ToJson(*spec), "|", record.wish.restart_count());
  spec->labels[kSpecLabel] = Digest(all);
}

}  // namespace

std::string RuntimeFolder(const Folders& folders, const WorkloadId& id) {
  return absl::StrCat(folders.state, "/runtimes/", id.name);
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
  spec.stop_timeout_s = kServiceStopSeconds;
  spec.labels["mpd.image"] = inputs.image_id;
  spec.labels[kConfigLabel] = inputs.config_digest;
  Seal(record, &spec);
  return spec;
}

ContainerSpec RuntimeSpec(const Config& config, const Folders& folders,
                          const WorkloadRecord& record, const RuntimeInputs& inputs) {
  ContainerSpec spec = Begin(config, record);
  const std::string folder = RuntimeFolder(folders, record.id);
  spec.mounts.push_back({folder, "/etc/mpd/runtime", true});
  spec.mounts.push_back({HostsFile(folder), "/etc/hosts", true});
  spec.hostname = inputs.hostname;
  spec.systemd = true;
  spec.dns_servers = {inputs.resolver_address};
  spec.dns_options = {"timeout:1", "attempts:2"};
  spec.pids_limit = kRuntimePids;
  spec.stop_timeout_s = kRuntimeStopSeconds;
  Seal(record, &spec);
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

bool IsOurs(const Labels& labels, const WorkloadId& id) {
  const auto has = [&labels](const std::string& key, absl::string_view value) {
    const auto it = labels.find(key);
    return it != labels.end() && it->second == value;
  };
  return has(kManagedLabel, "true") && has("mpd.type", TypeLabel(id.kind)) &&
         has("mpd.name", id.name);
}

}  // namespace mpd::containers
