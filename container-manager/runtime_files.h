// The folder that a runtime's container sees at /etc/mpd/runtime. Its files are specified in
// docs/files.md.
#ifndef MPD_CONTAINER_MANAGER_RUNTIME_FILES_H_
#define MPD_CONTAINER_MANAGER_RUNTIME_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "container-manager/developer.h"

namespace mpd::containers {

struct RuntimeFiles {
  std::string folder;  // where they are kept on the VM
  std::string runtime_name;
  std::string hostname;
  std::string address;
  std::string caroot;  // the folder with rootCA.pem and vmCA.pem
};

// The file beside them that the container sees as /etc/hosts.
std::string HostsFile(const std::string& folder);

// Writes what differs from what is there already; what is gone from the CA's folder goes.
absl::Status WriteRuntimeFiles(const RuntimeFiles& files, const Developer& developer);

// Gone already is success.
absl::Status RemoveRuntimeFiles(const std::string& folder);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RUNTIME_FILES_H_
