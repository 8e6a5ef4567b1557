#include "container-manager/host/orphan_cleaner.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/files.h"

namespace mpd::containers {
namespace {

constexpr size_t kIdLength = 64;

bool IsContainerId(absl::string_view text) {
  return text.size() == kIdLength && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isxdigit(c) != 0;
         });
}

// Its group is …/libpod-<id> or …/libpod-<id>.scope, or one below that. The monitor's begins with
// libpod-conmon-, and ends by itself when the container does.
bool IsIn(int pid, const std::string& container_id) {
  // Fails where it has ended, which processes do between any two steps of this.
  const absl::StatusOr<std::string> groups = ReadFile(absl::StrCat("/proc/", pid, "/cgroup"));
  return groups.ok() && groups->find(absl::StrCat("/libpod-", container_id)) != std::string::npos;
}

bool Kill(int pid, const std::string& container_id) {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return false;
  const absl::Cleanup closer = [process] { close(process); };
  // Asked again: the number may be another process's by now, the descriptor is not.
  if (!IsIn(pid, container_id)) return false;
  return syscall(SYS_pidfd_send_signal, process, SIGKILL, nullptr, 0) == 0;
}

}  // namespace

int KernelOrphanCleaner::EndProcesses(const std::string& container_id) {
  if (!IsContainerId(container_id)) return 0;
  int ended = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    int pid = 0;
    if (!absl::SimpleAtoi(it->path().filename().string(), &pid)) continue;
    if (IsIn(pid, container_id) && Kill(pid, container_id)) ++ended;
  }
  return ended;
}

// Podman's layout: <all volumes>/<name>/_data.
bool KernelOrphanCleaner::IsGone(const std::string& volume_folder) const {
  if (volume_folder.empty()) return false;
  struct stat found = {};
  if (stat(volume_folder.c_str(), &found) == 0 || errno != ENOENT) return false;
  const std::string all = std::filesystem::path(volume_folder).parent_path().parent_path();
  return stat(all.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

}  // namespace mpd::containers
