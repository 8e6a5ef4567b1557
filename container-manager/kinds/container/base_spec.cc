#include "container-manager/kinds/container/base_spec.h"

#include "absl/strings/str_cat.h"
#include "common/base/digest.h"
#include "container-manager/containers/labels.h"
#include "container-manager/containers/volume_driver.h"
#include "container-manager/podman/podman_json.h"

namespace mpd::containers {
namespace {

constexpr size_t kDigestDigits = 24;

}  // namespace

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

ContainerSpec BeginSpec(const Config& config, const WorkloadRecord& record,
                        absl::Duration stop_grace) {
  ContainerSpec spec;
  spec.name = record.id.ContainerName();
  spec.image = record.wish.image();
  spec.stop_timeout_s = static_cast<int>(absl::ToInt64Seconds(stop_grace));
  spec.network = config.network_name;
  spec.address = record.observed.address();
  spec.volumes.push_back({kDataVolume, "/srv"});
  spec.labels = IdentityLabels(record.id);
  spec.labels[kAddressLabel] = spec.address;
  return spec;
}

void SealSpec(const WorkloadRecord& record, ContainerSpec* spec) {
  spec->labels[kSpecLabel] =
      DigestOf(absl::StrCat(ToJson(*spec), "|", record.wish.restart_count()));
}

std::string DigestOf(absl::string_view text) { return Sha256Hex(text).substr(0, kDigestDigits); }

}  // namespace mpd::containers
