#include "container-manager/kinds/runtime/runtime_files.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd::containers {
namespace {

// Root inside the container reads it whatever the mode; sshd wants the keys unwritable by others.
constexpr mode_t kFileMode = 0644;

std::string DeveloperLines(const Developer& developer) {
  return absl::StrCat("MPD_DEVELOPER_NAME=", developer.name, "\nMPD_DEVELOPER_UID=", developer.uid,
                      "\n");
}

absl::Status WriteKeys(const std::string& folder, const Developer& developer) {
  return WriteIfDifferent(absl::StrCat(folder, "/authorized_keys"), developer.authorized_keys);
}

absl::Status CopyCertificate(const RuntimeFiles& files, absl::string_view name) {
  const std::string target = absl::StrCat(files.folder, "/", name);
  const auto content = ReadFile(absl::StrCat(files.caroot, "/", name));
  if (content.ok()) return WriteIfDifferent(target, *content);
  if (absl::IsNotFound(content.status())) return RemoveFile(target);
  return content.status();
}

}  // namespace

absl::Status WriteIfDifferent(const std::string& path, absl::string_view content) {
  const absl::StatusOr<std::string> present = ReadFile(path);
  if (present.ok() && *present == content) return absl::OkStatus();
  return WriteFileAtomically(path, content, kFileMode);
}

std::string HostsFile(const std::string& folder) { return absl::StrCat(folder, "/hosts"); }

absl::Status WriteHostsFile(const std::string& folder, absl::string_view hostname,
                            absl::string_view address) {
  RETURN_IF_ERROR(MakeFolder(folder, 0755));
  const std::string hosts =
      absl::StrCat("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n", address, " ",
                   hostname, "\n");
  return WriteIfDifferent(HostsFile(folder), hosts);
}

absl::Status WriteRuntimeFiles(const RuntimeFiles& files, const Developer& developer) {
  RETURN_IF_ERROR(WriteHostsFile(files.folder, files.hostname, files.address));
  const std::string env =
      absl::StrCat("MPD_RUNTIME_NAME=", files.runtime_name, "\n", DeveloperLines(developer));
  RETURN_IF_ERROR(WriteIfDifferent(absl::StrCat(files.folder, "/runtime.env"), env));
  RETURN_IF_ERROR(WriteKeys(files.folder, developer));
  RETURN_IF_ERROR(CopyCertificate(files, "rootCA.pem"));
  return CopyCertificate(files, "vmCA.pem");
}

absl::Status WriteDeveloperFiles(const std::string& folder, const Developer& developer) {
  RETURN_IF_ERROR(
      WriteIfDifferent(absl::StrCat(folder, "/developer.env"), DeveloperLines(developer)));
  return WriteKeys(folder, developer);
}

absl::Status RemoveWorkloadFiles(const std::string& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (!error) return absl::OkStatus();
  const std::string problem = error.message();
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("cannot remove ", folder, ": ", problem), "FILE_ERROR",
                   {{"path", folder}, {"problem", problem}});
}

}  // namespace mpd::containers
