// The VM's user who works in the runtimes.
#ifndef MPD_CONTAINER_MANAGER_HOST_DEVELOPER_H_
#define MPD_CONTAINER_MANAGER_HOST_DEVELOPER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd::containers {

struct Developer {
  std::string name;
  uint32_t uid = 0;
  std::string authorized_keys;  // the lines of the file that are keys
};

// Who that is: `user`, or, where empty, the one with the lowest UID from 1000 on, else from 500 on;
// up to 65533, with a shell that lets somebody in. Their keys come from `keys_file`, or, where
// empty, from ~/.ssh/authorized_keys (authorized_keys.h). Read again at each call.
// Errors: FAILED_PRECONDITION (NO_DEVELOPER, NO_AUTHORIZED_KEYS) with what to do.
absl::StatusOr<Developer> FindDeveloper(absl::string_view user, absl::string_view keys_file,
                                        const std::string& passwd_file = "/etc/passwd");

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_HOST_DEVELOPER_H_
