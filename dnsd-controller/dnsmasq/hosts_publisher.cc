#include "dnsd-controller/dnsmasq/hosts_publisher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd::dnsd {
namespace {

// Readable by dnsmasq, which runs as another user in its container.
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
  // Set explicitly, because the umask reduces the mode that open() was given.
  if (fchmod(fd, kFileMode) != 0) return FileError("set the mode of", path, errno);
  return absl::OkStatus();
}

}  // namespace

HostsPublisher::HostsPublisher(std::string folder, std::string staging)
    : folder_(std::move(folder)), staging_(std::move(staging)) {}

absl::StatusOr<std::vector<HostsChange>> HostsPublisher::Difference(
    const std::vector<HostsLine>& lines) {
  RETURN_IF_ERROR(MakeFolder(folder_, kFolderMode));
  RETURN_IF_ERROR(MakeFolder(staging_, kFolderMode));
  std::map<std::string, const HostsLine*> wanted;
  for (const HostsLine& line : lines) wanted.emplace(HostsFileName(line.address), &line);

  std::vector<HostsChange> changes;
  ASSIGN_OR_RETURN(const std::vector<std::string> present, ListFolder(folder_));
  for (const std::string& name : present) {
    if (wanted.contains(name)) continue;
    changes.push_back({name, ParseHostsFile(Content(name).value_or("")), std::nullopt});
  }
  for (const auto& [name, line] : wanted) {
    const std::optional<std::string> old = Content(name);
    if (old == RenderHostsFile(*line)) continue;
    changes.push_back({name, ParseHostsFile(old.value_or("")), *line});
  }
  return changes;
}

std::optional<std::string> HostsPublisher::Content(const std::string& name) const {
  absl::StatusOr<std::string> content = ReadFile(Path(name));
  return content.ok() ? std::optional<std::string>(*std::move(content)) : std::nullopt;
}

absl::Status HostsPublisher::Apply(const std::vector<HostsWrite>& writes) {
  for (const HostsWrite& write : writes) {
    RETURN_IF_ERROR(write.line ? Replace(write.file, RenderHostsFile(*write.line))
                               : RemoveFile(Path(write.file)));
  }
  return absl::OkStatus();
}

absl::Status HostsPublisher::Replace(const std::string& name, const std::string& content) {
  // Written in another folder and then renamed, so that dnsmasq is notified once per file and reads
  // it whole.
  const std::string staged = staging_ + "/" + name;
  RETURN_IF_ERROR(WriteUnsynced(staged, content));
  const std::string path = Path(name);
  if (rename(staged.c_str(), path.c_str()) != 0) return FileError("replace", path, errno);
  return absl::OkStatus();
}

}  // namespace mpd::dnsd
