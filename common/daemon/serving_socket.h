// The Unix socket that a component serves: one live process at a time, and never seen half made.
#ifndef MPD_COMMON_DAEMON_SERVING_SOCKET_H_
#define MPD_COMMON_DAEMON_SERVING_SOCKET_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

// The server binds bind_path(), in a folder that nobody else may enter; Publish then gives the
// socket its mode and group and renames it to path(). A locked folder keeps a second process out
// until this is destroyed, which removes the socket.
class ServingSocket {
 public:
  // Errors: FAILED_PRECONDITION (SOCKET_IN_USE: a live process serves it; NO_RUN_FOLDER),
  // INVALID_ARGUMENT (SOCKET_PATH_TOO_LONG), else what the system says, with the path
  // (SOCKET_ERROR).
  static absl::StatusOr<std::unique_ptr<ServingSocket>> Claim(const std::string& run_root,
                                                              absl::string_view component);
  ~ServingSocket();
  ServingSocket(const ServingSocket&) = delete;
  ServingSocket& operator=(const ServingSocket&) = delete;

  const std::string& path() const { return path_; }
  const std::string& bind_path() const { return bind_path_; }

  // 0660 and the run folder's group. Replaces a stale socket.
  absl::Status Publish();

 private:
  ServingSocket(std::string run_root, std::string path, std::string bind_path, int lock)
      : run_root_(std::move(run_root)),
        path_(std::move(path)),
        bind_path_(std::move(bind_path)),
        lock_(lock) {}

  const std::string run_root_;
  const std::string path_;
  const std::string bind_path_;
  const int lock_;
  bool published_ = false;
};

class SocketErrors {
 public:
  static absl::Status InUse(const std::string& path);
  static absl::Status NoRunFolder(const std::string& path);
  static absl::Status PathTooLong(const std::string& path);
  // `error` is an errno.
  static absl::Status System(absl::string_view action, const std::string& path, int error);
};

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_SERVING_SOCKET_H_
