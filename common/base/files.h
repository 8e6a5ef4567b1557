// Files as daemons need them. Thread-safe; errors are those of FileError.
#ifndef MPD_COMMON_BASE_FILES_H_
#define MPD_COMMON_BASE_FILES_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

// What the system says of a failed call: the code that fits `error` (its errno), reason FILE_ERROR,
// metadata `path`, `action` and `problem`. "cannot <action> <path>: <problem>".
absl::Status FileError(absl::string_view action, const std::string& path, int error);

// Makes the folder's entries durable.
absl::Status SyncFolder(const std::string& path);

// Whether there is anything of that name. False also where the system does not let us look.
bool Exists(const std::string& path);

// What stands before the last slash: "/a" for "/a/b" and for "/a/", "/" for "/a", "." for "a".
std::string FolderOf(absl::string_view path);

// NOT_FOUND where the file is absent, FILE_ERROR (EFBIG) where it has more than `limit` bytes. A
// FIFO is not waited for.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit = 1 << 20);

// Writes `path` whole or not at all: a temporary file beside it (name beginning with "."), fsync,
// rename; with `sync_folder` the folder's entry is made durable too.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, mode_t mode,
                                 bool sync_folder = true);

// WriteFileAtomically where the file has another content or can't be read; an equal one is left
// alone, whatever its mode.
absl::Status WriteIfDifferent(const std::string& path, absl::string_view content, mode_t mode);

// Makes the folder, and those above it, where absent.
absl::Status MakeFolder(const std::string& path, mode_t mode);

// OK where it is already gone.
absl::Status RemoveFile(const std::string& path);

// The names in a folder, sorted, without "." and "..".
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);

}  // namespace mpd

#endif  // MPD_COMMON_BASE_FILES_H_
