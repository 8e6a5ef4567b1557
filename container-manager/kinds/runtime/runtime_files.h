// The files that a runtime's container sees at /etc/mpd/runtime; docs/files.md specifies them.
#ifndef MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_FILES_H_
#define MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "container-manager/host/developer.h"

namespace mpd::containers {

struct RuntimeFiles {
  std::string folder;  // where they are kept on the VM; it is there
  std::string runtime_name;
  std::string caroot;  // the folder with rootCA.pem and vmCA.pem
};

// Writes what differs from what is there already. A certificate that is gone from `caroot` is
// removed.
absl::Status WriteRuntimeFiles(const RuntimeFiles& files, const Developer& developer);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_FILES_H_
