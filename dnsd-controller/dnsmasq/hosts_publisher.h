// The folder of hosts files that dnsmasq watches, one file per address. Each file is created,
// replaced and removed in one step, so that dnsmasq never reads half a file.
//
// The files are not synced to the disk. They are derived from the leases, which ipam keeps durably,
// and the controller compares all of them with the leases when it starts, so a file that a power
// cut left empty is replaced.
#ifndef MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PUBLISHER_H_
#define MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PUBLISHER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dnsd-controller/dnsmasq/hosts_plan.h"

namespace mpd::dnsd {

// All calls block for the disk. Not thread-safe.
class HostsPublisher {
 public:
  // `folder` is the one that dnsmasq watches. New files are written in `staging`, which must be on
  // the same file system and is used by nobody else.
  HostsPublisher(std::string folder, std::string staging);

  // The changes that make the folder hold exactly one file for each of these lines. Creates both
  // folders when they are absent, and reads all files that are there. FILE_ERROR when a folder
  // can't be created or listed.
  absl::StatusOr<std::vector<HostsChange>> Difference(const std::vector<HostsLine>& lines);

  // Makes the writes, in this order. Difference must have created the folders before. After a
  // FILE_ERROR some of the files may have been written, and Difference returns the others.
  absl::Status Apply(const std::vector<HostsWrite>& writes);

 private:
  std::optional<std::string> Content(const std::string& name) const;
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  absl::Status Replace(const std::string& name, const std::string& content);

  const std::string folder_;
  const std::string staging_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_DNSMASQ_HOSTS_PUBLISHER_H_
