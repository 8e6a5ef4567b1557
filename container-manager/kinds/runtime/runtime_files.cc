#include "container-manager/kinds/runtime/runtime_files.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "container-manager/kinds/container/workload_files.h"

namespace mpd::containers {
namespace {

absl::Status CopyCertificate(const RuntimeFiles& files, absl::string_view name) {
  const std::string target = absl::StrCat(files.folder, "/", name);
  const auto content = ReadFile(absl::StrCat(files.caroot, "/", name));
  if (content.ok()) return WriteWorkloadFile(target, *content);
  if (absl::IsNotFound(content.status())) return RemoveFile(target);
  return content.status();
}

}  // namespace

absl::Status WriteRuntimeFiles(const RuntimeFiles& files, const Developer& developer) {
  const std::string env =
      absl::StrCat("MPD_RUNTIME_NAME=", files.runtime_name, "\n", DeveloperLines(developer));
  RETURN_IF_ERROR(WriteWorkloadFile(absl::StrCat(files.folder, "/runtime.env"), env));
  RETURN_IF_ERROR(WriteDeveloperKeys(files.folder, developer));
  RETURN_IF_ERROR(CopyCertificate(files, "rootCA.pem"));
  return CopyCertificate(files, "vmCA.pem");
}

}  // namespace mpd::containers
