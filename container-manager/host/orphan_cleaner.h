// What is left on the machine of things that Podman has lost, or lost of things that it has.
#ifndef MPD_CONTAINER_MANAGER_HOST_ORPHAN_CLEANER_H_
#define MPD_CONTAINER_MANAGER_HOST_ORPHAN_CLEANER_H_

#include <string>

namespace mpd::containers {

class OrphanCleaner {
 public:
  virtual ~OrphanCleaner() = default;
  // Kills what runs as the container of this id, which Podman must not know any more; how many
  // processes that were.
  virtual int EndProcesses(const std::string& container_id) = 0;
  // Whether a volume's folder does not exist, where the folder that holds all volumes does: one on
  // a disk that is not mounted is not gone.
  virtual bool IsGone(const std::string& volume_folder) const = 0;
};

// By way of /proc and the control groups, whose names hold the container's whole id. Takes a few
// milliseconds; needs to see all processes, and CAP_KILL for those of other users than its own.
class KernelOrphanCleaner : public OrphanCleaner {
 public:
  int EndProcesses(const std::string& container_id) override;
  bool IsGone(const std::string& volume_folder) const override;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_HOST_ORPHAN_CLEANER_H_
