#include "dnsd-controller/hosts_publisher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/files.h"
#include "common/status.h"

namespace mpd::dnsd {
namespace {

// dnsmasq is another user, in a container.
constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;
// From here on one sync of the whole file system is cheaper than one per file.
constexpr size_t kBulk = 16;

absl::Status FileFailed(absl::string_view doing, const std::string& path) {
  const std::string reason = std::strerror(errno);
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("Could not ", doing, " ", path, ": ", reason), "FILE_FAILED",
                   {{"path", path}, {"error", reason}});
}

// Written, but not yet sure to survive a power cut.
absl::Status WriteUnsynced(const std::string& path, const std::string& content) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode);
  if (fd < 0) return FileFailed("create", path);
  const absl::Cleanup close_file = [fd] { close(fd); };
  size_t written = 0;
  while (written < content.size()) {
    const ssize_t n = write(fd, content.data() + written, content.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileFailed("write", path);
    written += static_cast<size_t>(n);
  }
  if (fchmod(fd, kFileMode) != 0) return FileFailed("set the mode of", path);
  return absl::OkStatus();
}

// `sync` is fsync for one folder, syncfs for all that is on its file system.
absl::Status SyncFolder(const std::string& path, int (*sync)(int)) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FileFailed("open", path);
  const absl::Cleanup close_folder = [fd] { close(fd); };
  if (sync(fd) != 0) return FileFailed("sync", path);
  return absl::OkStatus();
}

}  // namespace

HostsPublisher::HostsPublisher(std::string folder, std::string staging)
    : folder_(std::move(folder)), staging_(std::move(staging)) {}

absl::Status HostsPublisher::Replace(const std::map<std::string, std::string>& files) {
  RETURN_IF_ERROR(MakeFolder(folder_, kFolderMode));
  std::vector<HostsFile> changes;
  ASSIGN_OR_RETURN(const std::vector<std::string> present, ListFolder(folder_));
  for (const std::string& name : present) {
    if (!files.contains(name)) changes.push_back({name, std::nullopt, Content(name)});
  }
  for (const auto& [name, content] : files) {
    std::optional<std::string> old = Content(name);
    if (old != content) changes.push_back({name, content, std::move(old)});
  }
  return Apply(changes);
}

std::optional<std::string> HostsPublisher::Content(const std::string& name) const {
  absl::StatusOr<std::string> content = ReadFile(Path(name));
  return content.ok() ? std::optional<std::string>(*std::move(content)) : std::nullopt;
}

absl::Status HostsPublisher::Apply(const std::vector<HostsFile>& files) {
  if (files.empty()) return absl::OkStatus();
  const HostsPlan plan = PlanHosts(files);
  RETURN_IF_ERROR(Write(plan.first));
  RETURN_IF_ERROR(Write(plan.second));
  return SyncFolder(folder_, fsync);
}

absl::Status HostsPublisher::Write(const std::vector<HostsFile>& files) {
  std::vector<HostsFile> writes;
  for (const HostsFile& file : files) {
    if (file.content) {
      writes.push_back(file);
    } else {
      RETURN_IF_ERROR(RemoveFile(Path(file.name)));
    }
  }
  return writes.size() < kBulk ? WriteOneByOne(writes) : WriteInBulk(writes);
}

absl::Status HostsPublisher::WriteOneByOne(const std::vector<HostsFile>& files) {
  for (const HostsFile& file : files) {
    RETURN_IF_ERROR(
        WriteFileAtomically(Path(file.name), *file.content, kFileMode, /*sync_folder=*/false));
  }
  return absl::OkStatus();
}

absl::Status HostsPublisher::WriteInBulk(const std::vector<HostsFile>& files) {
  // Staged elsewhere, so that dnsmasq is told of each file once: its queue of notifications is
  // bounded (fs.inotify.max_queued_events, 16384).
  RETURN_IF_ERROR(MakeFolder(staging_, kFolderMode));
  for (const HostsFile& file : files) {
    RETURN_IF_ERROR(WriteUnsynced(staging_ + "/" + file.name, *file.content));
  }
  RETURN_IF_ERROR(SyncFolder(staging_, syncfs));
  for (const HostsFile& file : files) {
    const std::string staged = staging_ + "/" + file.name;
    if (rename(staged.c_str(), Path(file.name).c_str()) != 0) return FileFailed("replace", staged);
  }
  return absl::OkStatus();
}

}  // namespace mpd::dnsd
