#include "common/daemon/serving_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd {
namespace {

bool FitsAddress(const std::string& path) { return path.size() < sizeof(sockaddr_un::sun_path); }

// Whether somebody accepts connections at the path. A full backlog is a live owner too.
absl::StatusOr<bool> IsServed(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return SocketErrors::System("make a socket for", path, errno);
  const absl::Cleanup close_fd = [fd] { close(fd); };
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return true;
  if (errno == EAGAIN || errno == EINPROGRESS) return true;
  if (errno == ECONNREFUSED || errno == ENOENT) return false;
  return SocketErrors::System("look at", path, errno);
}

absl::Status CheckRunFolder(const std::string& run_root) {
  struct stat folder = {};
  if (stat(run_root.c_str(), &folder) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return SocketErrors::System("look at", run_root, errno);
  }
  if (!S_ISDIR(folder.st_mode)) return SocketErrors::NoRunFolder(run_root);
  return absl::OkStatus();
}

// What is at the socket's place may be replaced only where it is a socket that nobody serves.
absl::Status CheckReplaceable(const std::string& path) {
  struct stat there = {};
  if (lstat(path.c_str(), &there) != 0) {
    return errno == ENOENT ? absl::OkStatus() : SocketErrors::System("look at", path, errno);
  }
  if (!S_ISSOCK(there.st_mode)) return SocketErrors::System("replace", path, ENOTSOCK);
  ASSIGN_OR_RETURN(const bool served, IsServed(path));
  return served ? SocketErrors::InUse(path) : absl::OkStatus();
}

// Makes the private folder and locks it; gives the lock's descriptor.
absl::StatusOr<int> LockFolder(const std::string& folder, const std::string& socket_path) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return SocketErrors::System("make the folder", folder, errno);
  }
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return SocketErrors::System("open the folder", folder, errno);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  const int error = errno;
  close(fd);
  if (error == EWOULDBLOCK) return SocketErrors::InUse(socket_path);
  return SocketErrors::System("lock the folder", folder, error);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServingSocket>> ServingSocket::Claim(const std::string& run_root,
                                                                    absl::string_view component) {
  const std::string path = absl::StrCat(run_root, "/", component, ".sock");
  const std::string folder = absl::StrCat(run_root, "/.", component);
  const std::string bind_path = absl::StrCat(folder, "/s");
  if (!FitsAddress(path) || !FitsAddress(bind_path)) return SocketErrors::PathTooLong(path);
  RETURN_IF_ERROR(CheckRunFolder(run_root));
  ASSIGN_OR_RETURN(const int lock, LockFolder(folder, path));
  std::unique_ptr<ServingSocket> socket(new ServingSocket(run_root, path, bind_path, lock));
  RETURN_IF_ERROR(CheckReplaceable(path));
  if (unlink(bind_path.c_str()) != 0 && errno != ENOENT) {
    return SocketErrors::System("remove", bind_path, errno);
  }
  return socket;
}

ServingSocket::~ServingSocket() {
  if (published_) unlink(path_.c_str());
  // The folder stays: removed, it could be locked by one process and made anew by the next.
  close(lock_);
}

absl::Status ServingSocket::Publish() {
  struct stat folder = {};
  struct stat bound = {};
  if (stat(run_root_.c_str(), &folder) != 0) {
    return SocketErrors::System("look at", run_root_, errno);
  }
  if (stat(bind_path_.c_str(), &bound) != 0) {
    return SocketErrors::System("look at", bind_path_, errno);
  }
  if (bound.st_gid != folder.st_gid &&
      chown(bind_path_.c_str(), static_cast<uid_t>(-1), folder.st_gid) != 0) {
    return SocketErrors::System("give the run folder's group to", bind_path_, errno);
  }
  if (chmod(bind_path_.c_str(), 0660) != 0) {
    return SocketErrors::System("set the mode of", bind_path_, errno);
  }
  if (rename(bind_path_.c_str(), path_.c_str()) != 0) {
    return SocketErrors::System("publish", path_, errno);
  }
  published_ = true;
  return absl::OkStatus();
}

absl::Status SocketErrors::InUse(const std::string& path) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat(path, " is served by another process; stop that one first"),
                   "SOCKET_IN_USE", {{"path", path}});
}

absl::Status SocketErrors::NoRunFolder(const std::string& path) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the run folder ", path,
                                " does not exist; make it, or name another with --run_root"),
                   "NO_RUN_FOLDER", {{"path", path}});
}

absl::Status SocketErrors::PathTooLong(const std::string& path) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat(path, " is too long for the name of a socket (about 100 bytes); ",
                                "name a shorter --run_root"),
                   "SOCKET_PATH_TOO_LONG", {{"path", path}});
}

absl::Status SocketErrors::System(absl::string_view action, const std::string& path, int error) {
  const std::string problem = std::strerror(error);
  return MakeError(absl::ErrnoToStatusCode(error),
                   absl::StrCat("cannot ", action, " ", path, ": ", problem), "SOCKET_ERROR",
                   {{"action", action}, {"path", path}, {"problem", problem}});
}

}  // namespace mpd
