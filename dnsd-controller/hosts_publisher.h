// The folder that dnsmasq watches: one file per address. Each file appears, changes and goes in one
// step, and is on the disk before it appears; a name that stays is in the folder at every moment,
// though it moves from one file to another. A change costs the size of the change. Calls block on
// the disk. Not thread-safe.
#ifndef MPD_DNSD_CONTROLLER_HOSTS_PUBLISHER_H_
#define MPD_DNSD_CONTROLLER_HOSTS_PUBLISHER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dnsd-controller/hosts_plan.h"

namespace mpd::dnsd {

class HostsPublisher {
 public:
  // `folder` is the watched one; `staging` is beside it, on the same file system, and ours alone.
  HostsPublisher(std::string folder, std::string staging);

  // Makes the folder hold exactly these files: writes what differs, removes everything else.
  absl::Status Replace(const std::map<std::string, std::string>& files);

  // After an error some of the files may be in place; Replace puts that right.
  absl::Status Apply(const std::vector<HostsFile>& files);

 private:
  std::optional<std::string> Content(const std::string& name) const;
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  absl::Status Write(const std::vector<HostsFile>& files);
  absl::Status WriteOneByOne(const std::vector<HostsFile>& files);
  absl::Status WriteInBulk(const std::vector<HostsFile>& files);

  const std::string folder_;
  const std::string staging_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_HOSTS_PUBLISHER_H_
