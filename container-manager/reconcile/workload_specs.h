// The containers as they should be.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_SPECS_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_SPECS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/config/config.h"
#include "container-manager/containers/labels.h"
#include "container-manager/containers/volume_driver.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

// Paths on the VM.
struct Folders {
  std::string state;    // this component's own
  std::string dnsmasq;  // dnsd-controller's, what dnsmasq reads
  std::string caroot;
  std::string platform_env;  // a file
  std::string resolve = "/run/systemd/resolve";
  std::string passwd = "/etc/passwd";  // a file
};

// Two texts of one digest are the same.
std::string DigestOf(absl::string_view text);

// Where the files of a workload's own are.
std::string WorkloadFolder(const Folders& folders, const WorkloadId& id);

struct DnsmasqInputs {
  std::string image_id;
  std::string config_digest;
  // What dnsmasq sees as /run/systemd/resolve.
  std::string resolve_folder;
};
ContainerSpec DnsmasqSpec(const Config& config, const Folders& folders,
                          const WorkloadRecord& record, const DnsmasqInputs& inputs);

// Of the other services, which have their files at /etc/mpd/service.
struct ServiceInputs {
  std::string image_id;
  std::string config_digest;
  std::string resolver_address;
};
ContainerSpec ServiceSpec(const Config& config, const Folders& folders,
                          const WorkloadRecord& record, const ServiceInputs& inputs);

struct RuntimeInputs {
  std::string image_id;
  std::string resolver_address;
  std::string hostname;
};
ContainerSpec RuntimeSpec(const Config& config, const Folders& folders,
                          const WorkloadRecord& record, const RuntimeInputs& inputs);

struct DatabaseInputs {
  std::string image;
  std::string image_id;
  std::string resolver_address;
};
ContainerSpec DatabaseSpec(const Config& config, const Folders& folders,
                           const WorkloadRecord& record, const DatabaseInputs& inputs);

// The container that, with the name of the database's own and after it, moves its data out of the
// way. Its process ends by itself.
ContainerSpec ArchiveSpec(const Config& config, const WorkloadRecord& record);

// How long a container of this kind gets to end by itself.
absl::Duration StopGrace(const Config& config, WorkloadKind kind);

// "mpd-<vm id>-<name>"; "mpd-<name>" without an id. At most 63 characters: RFC 1035 §2.3.4.
std::string RuntimeHostname(absl::string_view vm_id, absl::string_view name);

NetworkSpec NetworkSpecOf(const Config& config);

// The image that the configuration gives a runtime of this name.
std::string RuntimeImage(const Config& config, const std::string& name);

// The volume of a runtime's own, which it sees as /home: "mpd-home-php". Containers made anew get
// the same one; it goes with the runtime.
std::string HomeVolume(const WorkloadId& runtime);
}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_SPECS_H_
