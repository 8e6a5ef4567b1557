// The developer's authorized_keys: somebody else's file, read as such.
#ifndef MPD_CONTAINER_MANAGER_HOST_AUTHORIZED_KEYS_H_
#define MPD_CONTAINER_MANAGER_HOST_AUTHORIZED_KEYS_H_

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd::containers {

// The content of `path`, which a user may change at any time into something else. `base` is a
// folder that the user did not choose, such as their home as passwd tells it; the part of `path`
// behind it must not hold a symbolic link. The file must be a regular one of `owner` or root, not
// writable to others, and of at most 256 KiB. Nothing waits for a FIFO or a device. Errors: those
// of FileError, and FAILED_PRECONDITION with a sentence.
absl::StatusOr<std::string> ReadUsersFile(const std::string& base, const std::string& path,
                                          uid_t owner);

// The lines that are public keys, as sshd(8) takes them in this file, with their options and
// comments, each with a line end; all else is left out. A line has at most 16 KiB and no control
// characters.
std::string KeyLines(absl::string_view text);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_HOST_AUTHORIZED_KEYS_H_
