#include "container-manager/kinds/container/workload_files.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd::containers {

absl::Status WriteWorkloadFile(const std::string& path, absl::string_view content) {
  return WriteIfDifferent(path, content, 0644);
}

std::string HostsFile(const std::string& folder) { return absl::StrCat(folder, "/hosts"); }

absl::Status WriteHostsFile(const std::string& folder, absl::string_view hostname,
                            absl::string_view address) {
  RETURN_IF_ERROR(MakeFolder(folder, 0755));
  const std::string hosts =
      absl::StrCat("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n", address, " ",
                   hostname, "\n");
  return WriteWorkloadFile(HostsFile(folder), hosts);
}

std::string DeveloperLines(const Developer& developer) {
  return absl::StrCat("MPD_DEVELOPER_NAME=", developer.name, "\nMPD_DEVELOPER_UID=", developer.uid,
                      "\n");
}

absl::Status WriteDeveloperKeys(const std::string& folder, const Developer& developer) {
  return WriteWorkloadFile(absl::StrCat(folder, "/authorized_keys"), developer.authorized_keys);
}

absl::Status RemoveWorkloadFiles(const std::string& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  return error ? FileError("remove", folder, error.value()) : absl::OkStatus();
}

}  // namespace mpd::containers
