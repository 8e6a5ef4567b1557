#include "container-manager/podman/podman_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "common/base/status.h"
#include "common/types/net_types.h"
#include "container-manager/podman/podman_errors.h"

namespace mpd::containers {
namespace {

using Json = nlohmann::json;

// The library throws on each missing field and wrong type; here that becomes one error.
template <typename T, typename Read>
absl::StatusOr<T> Parse(absl::string_view what, absl::string_view text, Read read) {
  try {
    return read(Json::parse(text.begin(), text.end()));
  } catch (const Json::exception& e) {
    return PodmanErrors::Malformed(what, e.what());
  }
}

// Podman writes null for an empty map or list.
Labels LabelsOf(const Json& holder, const char* key) {
  const auto it = holder.find(key);
  if (it == holder.end() || it->is_null()) return {};
  return it->get<Labels>();
}

std::string FirstName(const Json& names) {
  if (!names.is_array() || names.empty()) return "";
  return names.front().get<std::string>();
}

std::map<std::string, std::string> NetworksOf(const Json& container) {
  std::map<std::string, std::string> all;
  const auto settings = container.find("NetworkSettings");
  if (settings == container.end() || !settings->is_object()) return all;
  const auto networks = settings->find("Networks");
  if (networks == settings->end() || !networks->is_object()) return all;
  for (const auto& [name, network] : networks->items()) all[name] = network.value("IPAddress", "");
  return all;
}

Json MountsOf(const ContainerSpec& spec) {
  Json mounts = Json::array();
  for (const BindMount& mount : spec.mounts) {
    mounts.push_back({{"type", "bind"},
                      {"source", mount.source},
                      {"destination", mount.destination},
                      {"options", {"rbind", mount.read_only ? "ro" : "rw"}}});
  }
  return mounts;
}

}  // namespace

std::string HardwareAddressOf(const std::string& address) {
  const absl::StatusOr<Ipv4Address> parsed = Ipv4Address::Parse(address);
  const uint32_t bits = parsed.ok() ? parsed->bits() : 0;
  return absl::StrFormat("02:6d:%02x:%02x:%02x:%02x", bits >> 24, bits >> 16 & 0xFF,
                         bits >> 8 & 0xFF, bits & 0xFF);
}

namespace {

// What Podman is told only where the spec says something of it.
void AddWhatIsSet(const ContainerSpec& spec, Json* json) {
  if (!spec.command.empty()) (*json)["command"] = spec.command;
  if (!spec.entrypoint.empty()) (*json)["entrypoint"] = spec.entrypoint;
  if (spec.stop_signal != 0) (*json)["stop_signal"] = spec.stop_signal;
  if (spec.shm_bytes != 0) (*json)["shm_size"] = spec.shm_bytes;
  if (!spec.hostname.empty()) (*json)["hostname"] = spec.hostname;
  if (!spec.dns_servers.empty()) {
    (*json)["dns_server"] = spec.dns_servers;
    (*json)["dns_search"] = {"."};  // none
  }
  if (!spec.dns_options.empty()) (*json)["dns_option"] = spec.dns_options;
  if (!spec.capabilities.empty()) {
    (*json)["cap_drop"] = {"ALL"};
    (*json)["cap_add"] = spec.capabilities;
  }
}

void AddNetwork(const ContainerSpec& spec, Json* json) {
  (*json)["netns"] = {{"nsmode", spec.network.empty() ? "none" : "bridge"}};
  if (spec.network.empty()) return;
  (*json)["Networks"] = {
      {spec.network,
       {{"static_ips", {spec.address}}, {"static_mac", HardwareAddressOf(spec.address)}}}};
}

}  // namespace

std::string ToJson(const ContainerSpec& spec) {
  Json volumes = Json::array();
  for (const VolumeMount& volume : spec.volumes) {
    volumes.push_back({{"Name", volume.name}, {"Dest", volume.destination}});
  }
  Json json = {
      {"name", spec.name},
      {"image", spec.image},
      {"labels", spec.labels},
      {"mounts", MountsOf(spec)},
      {"volumes", volumes},
      {"env", spec.env},
      {"systemd", spec.systemd ? "always" : "false"},
      {"resource_limits", {{"pids", {{"limit", spec.pids_limit}}}}},
      {"stop_timeout", spec.stop_timeout_s},
      {"restart_policy", "no"},
      // Podman would copy the host's /etc/hosts into the container.
      {"use_image_hosts", true},
      // The host's environment decides about proxies, not ours.
      {"httpproxy", false},
      // All that is kept is in our own volume.
      {"image_volume_mode", "ignore"},
      // Independent of whether the host has a journal; 10 MiB.
      {"log_configuration", {{"driver", "k8s-file"}, {"size", 10 << 20}}},
  };
  AddNetwork(spec, &json);
  AddWhatIsSet(spec, &json);
  return json.dump();
}

std::string ToJson(const NetworkSpec& spec) {
  return Json{{"name", spec.name},
              {"driver", "bridge"},
              {"network_interface", spec.interface},
              {"subnets", {{{"subnet", spec.subnet}, {"gateway", spec.gateway}}}},
              {"dns_enabled", spec.dns_enabled},
              {"ipv6_enabled", false},
              {"labels", spec.labels},
              {"ipam_options", {{"driver", "host-local"}}}}
      .dump();
}

std::string VolumeToJson(absl::string_view name, const Labels& labels) {
  return Json{{"Name", name}, {"Labels", labels}}.dump();
}

std::string ExecToJson(const std::vector<std::string>& command) {
  return Json{{"Cmd", command}, {"AttachStdout", true}, {"AttachStderr", true}}.dump();
}

std::string ConnectToJson(absl::string_view container, const std::string& address) {
  return Json{{"container", container},
              {"static_ips", {address}},
              {"static_mac", HardwareAddressOf(address)}}
      .dump();
}

std::string DisconnectToJson(absl::string_view container) {
  return Json{{"Container", container}, {"Force", true}}.dump();
}

std::string FilterJson(absl::string_view key, const std::vector<std::string>& values) {
  return Json{{std::string(key), values}}.dump();
}

absl::StatusOr<ContainerInfo> ContainerFromJson(absl::string_view text) {
  return Parse<ContainerInfo>("inspect a container", text, [](const Json& json) {
    const Json& state = json.at("State");
    ContainerInfo info;
    info.id = json.at("Id").get<std::string>();
    info.name = json.at("Name").get<std::string>();
    info.image_id = json.value("Image", "");
    info.status = state.at("Status").get<std::string>();
    // One that is being stopped still has its process.
    info.running = state.at("Running").get<bool>() || info.status == "stopping";
    info.exit_code = state.value("ExitCode", 0);
    info.started_at = state.value("StartedAt", "");
    info.error = state.value("Error", "");
    info.networks = NetworksOf(json);
    info.labels = LabelsOf(json.at("Config"), "Labels");
    return info;
  });
}

absl::StatusOr<std::vector<ContainerSummary>> ContainersFromJson(absl::string_view text) {
  return Parse<std::vector<ContainerSummary>>("list containers", text, [](const Json& json) {
    std::vector<ContainerSummary> all;
    for (const Json& entry : json) {
      all.push_back({entry.at("Id").get<std::string>(), FirstName(entry.at("Names")),
                     entry.value("State", "") == "running", LabelsOf(entry, "Labels")});
    }
    return all;
  });
}

absl::StatusOr<NetworkSpec> NetworkFromJson(absl::string_view text) {
  return Parse<NetworkSpec>("inspect a network", text, [](const Json& json) {
    NetworkSpec spec;
    spec.name = json.at("name").get<std::string>();
    spec.interface = json.value("network_interface", "");
    spec.dns_enabled = json.value("dns_enabled", false);
    spec.labels = LabelsOf(json, "labels");
    const auto subnets = json.find("subnets");
    if (subnets != json.end() && subnets->is_array() && !subnets->empty()) {
      spec.subnet = subnets->front().value("subnet", "");
      spec.gateway = subnets->front().value("gateway", "");
    }
    return spec;
  });
}

absl::StatusOr<VolumeInfo> VolumeFromJson(absl::string_view text) {
  return Parse<VolumeInfo>("inspect a volume", text, [](const Json& json) {
    VolumeInfo info;
    info.mountpoint = json.value("Mountpoint", "");
    info.labels = LabelsOf(json, "Labels");
    return info;
  });
}

absl::StatusOr<PodmanEvent> EventFromJson(absl::string_view line) {
  return Parse<PodmanEvent>("follow events", line, [](const Json& json) {
    PodmanEvent event;
    event.type = json.value("Type", "");
    event.action = json.value("Action", "");
    event.time = absl::FromUnixNanos(json.value("timeNano", int64_t{0}));
    const Json& actor = json.at("Actor");
    const Labels attributes = LabelsOf(actor, "Attributes");
    const auto attribute = [&attributes](const char* key) {
      const auto it = attributes.find(key);
      return it == attributes.end() ? "" : it->second;
    };
    // Podman 4.3 says of a network's event which container it is about as it does of a container's.
    event.container_id = attribute("container");
    if (event.container_id.empty()) event.container_id = actor.value("ID", "");
    if (event.container_id == actor.value("ID", "")) event.container_name = attribute("name");
    return event;
  });
}

absl::StatusOr<PullProgress> PullReader::Add(absl::string_view line) {
  struct Line {
    std::string id;
    std::string error;
    Layer layer;
  };
  const auto parsed = Parse<Line>("fetch an image", line, [](const Json& json) {
    Line read{json.value("id", ""), json.value("error", ""), {}};
    const auto detail = json.find("progressDetail");
    if (detail != json.end() && detail->is_object()) {
      read.layer = {detail->value("current", int64_t{0}), detail->value("total", int64_t{0})};
    }
    return read;
  });
  RETURN_IF_ERROR(parsed.status());
  if (!parsed->error.empty()) return absl::InternalError(parsed->error);
  if (!parsed->id.empty()) {
    Layer& layer = layers_[parsed->id];
    layer.bytes = std::max(layer.bytes, parsed->layer.bytes);
    layer.total = std::max(layer.total, parsed->layer.total);
  }
  PullProgress sum;
  sum.layers = static_cast<int>(layers_.size());
  for (const auto& [id, layer] : layers_) {
    sum.bytes += layer.bytes;
    sum.total_bytes += layer.total;
  }
  return sum;
}

absl::StatusOr<std::string> StringFieldFromJson(absl::string_view text, absl::string_view key) {
  return Parse<std::string>(
      key, text, [key](const Json& json) { return json.at(std::string(key)).get<std::string>(); });
}

absl::StatusOr<int> IntFieldFromJson(absl::string_view text, absl::string_view key) {
  return Parse<int>(key, text,
                    [key](const Json& json) { return json.at(std::string(key)).get<int>(); });
}

}  // namespace mpd::containers
