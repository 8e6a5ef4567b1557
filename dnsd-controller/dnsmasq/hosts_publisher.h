// The folder that dnsmasq watches: one file per address. Each file appears, changes and goes in one
// step. Calls block on the disk. Not thread-safe.
//
// Nothing is synced. What is here follows from the leases, which ipam has on the disk: whoever
// starts up compares every file with them, before dnsmasq is started, and so replaces what a power
// cut left empty.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PUBLISHER_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PUBLISHER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dnsd-controller/dnsmasq/hosts_plan.h"

namespace mpd::dnsd {

class HostsPublisher {
 public:
  // `folder` is the watched one; `staging` is beside it, on the same file system, and ours alone.
  HostsPublisher(std::string folder, std::string staging);

  // What has to change for the folder to hold exactly these files. Makes both folders where they
  // are absent, and reads all that is there.
  absl::StatusOr<std::vector<HostsFile>> Difference(
      const std::map<std::string, std::string>& files);

  // In this order, once Difference has made the folders. After an error some of the files may be
  // in place; Difference tells which are not.
  absl::Status Apply(const std::vector<HostsFile>& files);

 private:
  std::optional<std::string> Content(const std::string& name) const;
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  absl::Status Put(const std::string& name, const std::string& content);

  const std::string folder_;
  const std::string staging_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PUBLISHER_H_
