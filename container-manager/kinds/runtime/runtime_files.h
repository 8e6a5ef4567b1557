// The folder of a workload's own on the VM. That of a runtime its container sees at
// /etc/mpd/runtime; the files are specified in docs/files.md.
#ifndef MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_FILES_H_
#define MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "container-manager/host/developer.h"

namespace mpd::containers {

struct RuntimeFiles {
  std::string folder;  // where they are kept on the VM
  std::string runtime_name;
  std::string hostname;
  std::string address;
  std::string caroot;  // the folder with rootCA.pem and vmCA.pem
};

// Readable for everybody; a file that holds it already is left alone.
absl::Status WriteIfDifferent(const std::string& path, absl::string_view content);

// The file beside them that the container sees as /etc/hosts.
std::string HostsFile(const std::string& folder);

// Makes the folder and that file in it, where they are not there yet.
absl::Status WriteHostsFile(const std::string& folder, absl::string_view hostname,
                            absl::string_view address);

// Writes what differs from what is there already; what is gone from the CA's folder goes.
absl::Status WriteRuntimeFiles(const RuntimeFiles& files, const Developer& developer);

// Where the developer logs in and there is no runtime: developer.env and authorized_keys, in a
// folder that is there.
absl::Status WriteDeveloperFiles(const std::string& folder, const Developer& developer);

// Gone already is success.
absl::Status RemoveWorkloadFiles(const std::string& folder);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_RUNTIME_RUNTIME_FILES_H_
