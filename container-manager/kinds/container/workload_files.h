// The files of a workload's own on the VM, which its container sees (docs/files.md).
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_WORKLOAD_FILES_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_WORKLOAD_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "container-manager/host/developer.h"

namespace mpd::containers {

// Writes the file where its content differs. Readable for everybody: root inside the container
// reads it whatever the mode, and sshd wants the keys unwritable by others.
absl::Status WriteWorkloadFile(const std::string& path, absl::string_view content);

// The file in the workload's folder that the container sees as /etc/hosts.
std::string HostsFile(const std::string& folder);

// Makes the folder and that file in it, where they are not there yet.
absl::Status WriteHostsFile(const std::string& folder, absl::string_view hostname,
                            absl::string_view address);

// The lines of an environment file that say who the developer is.
std::string DeveloperLines(const Developer& developer);
// The file authorized_keys in a folder that is there.
absl::Status WriteDeveloperKeys(const std::string& folder, const Developer& developer);

// Gone already is success.
absl::Status RemoveWorkloadFiles(const std::string& folder);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_WORKLOAD_FILES_H_
