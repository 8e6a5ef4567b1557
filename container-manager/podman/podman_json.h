// What is said to Podman and what it answers, between JSON text and our types. The field names are
// those of libpod's REST API 4.0, which Podman 4.3 and 5.4 both serve:
// https://docs.podman.io/en/latest/_static/api.html
#ifndef MPD_CONTAINER_MANAGER_PODMAN_PODMAN_JSON_H_
#define MPD_CONTAINER_MANAGER_PODMAN_PODMAN_JSON_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

// One hardware address per IP address (locally administered). A container that is recreated keeps
// it: with another one, hosts that still have the old address in their ARP table would not reach it
// for half a minute.
std::string HardwareAddressOf(const std::string& address);

std::string ToJson(const ContainerSpec& spec);
std::string ToJson(const NetworkSpec& spec);
std::string VolumeToJson(absl::string_view name, const Labels& labels);
std::string ExecToJson(const std::vector<std::string>& command);
std::string ConnectToJson(absl::string_view container, const std::string& address);
std::string DisconnectToJson(absl::string_view container);

// The value of a `filters` parameter, not yet percent-encoded: any of the values.
std::string FilterJson(absl::string_view key, const std::vector<std::string>& values);

// All errors are INTERNAL (PODMAN_ERROR).
absl::StatusOr<ContainerInfo> ContainerFromJson(absl::string_view text);
absl::StatusOr<std::vector<ContainerSummary>> ContainersFromJson(absl::string_view text);
absl::StatusOr<NetworkSpec> NetworkFromJson(absl::string_view text);
absl::StatusOr<VolumeInfo> VolumeFromJson(absl::string_view text);
absl::StatusOr<PodmanEvent> EventFromJson(absl::string_view line);
// Reads how far a pull has come from the lines that Podman sends.
class PullReader {
 public:
  // The sum after this line. An error, with the words of Podman or the registry, once the pull has
  // failed.
  absl::StatusOr<PullProgress> Add(absl::string_view line);

 private:
  struct Layer {
    int64_t bytes = 0;
    int64_t total = 0;
  };
  std::map<std::string, Layer> layers_;
};

// The string or number at the top-level `key`.
absl::StatusOr<std::string> StringFieldFromJson(absl::string_view text, absl::string_view key);
absl::StatusOr<int> IntFieldFromJson(absl::string_view text, absl::string_view key);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_PODMAN_PODMAN_JSON_H_
