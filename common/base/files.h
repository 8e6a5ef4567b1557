// Files as daemons need them.
#ifndef MPD_COMMON_BASE_FILES_H_
#define MPD_COMMON_BASE_FILES_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

// Errors carry path, what was tried and the system's reason. NOT_FOUND where the file is absent.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit = 1 << 20);

// Writes `path` whole or not at all: a temporary file beside it (name beginning with "."), fsync,
// rename; with `sync_folder` the folder's entry is made durable too.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, mode_t mode,
                                 bool sync_folder = true);

// Makes the folder, and those above it, where absent.
absl::Status MakeFolder(const std::string& path, mode_t mode);

// OK where it is already gone.
absl::Status RemoveFile(const std::string& path);

// The names in a folder, sorted, without "." and "..".
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);

}  // namespace mpd

#endif  // MPD_COMMON_BASE_FILES_H_
