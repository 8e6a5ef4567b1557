#include "dnsd-controller/dnsmasq/hosts_publisher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd::dnsd {
namespace {

// dnsmasq is another user, in a container.
constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

absl::Status WriteUnsynced(const std::string& path, const std::string& content) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode);
  if (fd < 0) return FileError("create", path, errno);
  const absl::Cleanup close_file = [fd] { close(fd); };
  size_t written = 0;
  while (written < content.size()) {
    const ssize_t n = write(fd, content.data() + written, content.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError("write", path, errno);
    written += static_cast<size_t>(n);
  }
  // Not left to open(): the umask would take bits away.
  if (fchmod(fd, kFileMode) != 0) return FileError("set the mode of", path, errno);
  return absl::OkStatus();
}

}  // namespace

HostsPublisher::HostsPublisher(std::string folder, std::string staging)
    : folder_(std::move(folder)), staging_(std::move(staging)) {}

absl::StatusOr<std::vector<HostsFile>> HostsPublisher::Difference(
    const std::map<std::string, std::string>& files) {
  RETURN_IF_ERROR(MakeFolder(folder_, kFolderMode));
  RETURN_IF_ERROR(MakeFolder(staging_, kFolderMode));
  std::vector<HostsFile> changes;
  ASSIGN_OR_RETURN(const std::vector<std::string> present, ListFolder(folder_));
  for (const std::string& name : present) {
    if (!files.contains(name)) changes.push_back({name, std::nullopt, Content(name)});
  }
  for (const auto& [name, content] : files) {
    std::optional<std::string> old = Content(name);
    if (old != content) changes.push_back({name, content, std::move(old)});
  }
  return changes;
}

std::optional<std::string> HostsPublisher::Content(const std::string& name) const {
  absl::StatusOr<std::string> content = ReadFile(Path(name));
  return content.ok() ? std::optional<std::string>(*std::move(content)) : std::nullopt;
}

absl::Status HostsPublisher::Apply(const std::vector<HostsFile>& files) {
  for (const HostsFile& file : files) {
    RETURN_IF_ERROR(file.content ? Put(file.name, *file.content) : RemoveFile(Path(file.name)));
  }
  return absl::OkStatus();
}

absl::Status HostsPublisher::Put(const std::string& name, const std::string& content) {
  // Staged elsewhere, so that dnsmasq is told of each file once, and never sees half of one.
  const std::string staged = staging_ + "/" + name;
  RETURN_IF_ERROR(WriteUnsynced(staged, content));
  const std::string path = Path(name);
  if (rename(staged.c_str(), path.c_str()) != 0) return FileError("replace", path, errno);
  return absl::OkStatus();
}

}  // namespace mpd::dnsd
