#include "common/base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }
  // Network file systems report a failed write only here.
  int Close() { return close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

// False with errno set when not all could be written.
bool WriteAll(int fd, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// "/a/b" becomes "/a/.b.XXXXXX", for mkostemp.
std::string TemporaryTemplate(const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t name = slash == std::string::npos ? 0 : slash + 1;
  return absl::StrCat(path.substr(0, name), ".", path.substr(name), ".XXXXXX");
}

// The temporary file's content, mode and durability.
absl::Status Fill(FileDescriptor& file, const std::string& path, absl::string_view content,
                  mode_t mode) {
  if (!WriteAll(file.get(), content)) return FileError("write", path, errno);
  // Not left to open(): the umask would take bits away.
  if (fchmod(file.get(), mode) != 0) return FileError("set the mode of", path, errno);
  if (fsync(file.get()) != 0) return FileError("sync", path, errno);
  if (file.Close() != 0) return FileError("close", path, errno);
  return absl::OkStatus();
}

}  // namespace

absl::Status FileError(absl::string_view action, const std::string& path, int error) {
  const char* description = strerrordesc_np(error);
  const std::string system =
      description != nullptr ? description : absl::StrCat("system error ", error);
  return MakeError(absl::ErrnoToStatusCode(error),
                   absl::StrCat("cannot ", action, " ", Printable(path), ": ", system),
                   "FILE_ERROR", {{"path", path}, {"action", action}, {"problem", system}});
}

absl::Status SyncFolder(const std::string& path) {
  const FileDescriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0) return FileError("sync", path, errno);
  return absl::OkStatus();
}

bool Exists(const std::string& path) {
  struct stat found;
  return stat(path.c_str(), &found) == 0;
}

std::string FolderOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return FileError("open", path, errno);
  std::string content;
  char buffer[16 * 1024];
  while (true) {
    const ssize_t got = read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    if (content.size() > limit) return FileError("read", path, EFBIG);
  }
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, mode_t mode,
                                 bool sync_folder) {
  std::string temporary = TemporaryTemplate(path);
  FileDescriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return FileError("make a temporary file beside", path, errno);
  absl::Cleanup remove = [&temporary] { unlink(temporary.c_str()); };
  RETURN_IF_ERROR(Fill(file, path, content, mode));
  if (rename(temporary.c_str(), path.c_str()) != 0) return FileError("replace", path, errno);
  std::move(remove).Cancel();
  return sync_folder ? SyncFolder(FolderOf(path)) : absl::OkStatus();
}

absl::Status WriteIfDifferent(const std::string& path, absl::string_view content, mode_t mode) {
  // One byte more than wanted is enough to know that it differs.
  const absl::StatusOr<std::string> old = ReadFile(path, content.size());
  if (old.ok() && *old == content) return absl::OkStatus();
  return WriteFileAtomically(path, content, mode);
}

absl::Status MakeFolder(const std::string& path, mode_t mode) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (mkdir(part.c_str(), mode) == 0) {
      // Not left to mkdir(): the umask would take bits away.
      if (chmod(part.c_str(), mode) != 0) return FileError("set the mode of", part, errno);
    } else {
      const int error = errno;
      struct stat found;
      const bool is_folder = stat(part.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
      // A folder that is there already may be reported as EROFS or EACCES too.
      if (!is_folder) return FileError("make the folder", part, error == EEXIST ? ENOTDIR : error);
    }
    if (end == std::string::npos) return absl::OkStatus();
  }
}

absl::Status RemoveFile(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return FileError("remove", path, errno);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) return FileError("list", path, errno);
  const absl::Cleanup close_folder = [folder] { closedir(folder); };
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(folder);
    if (entry == nullptr && errno != 0) return FileError("list", path, errno);
    if (entry == nullptr) break;
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace mpd
