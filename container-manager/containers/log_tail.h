// The end of a container's log, as one line of a message.
#ifndef MPD_CONTAINER_MANAGER_CONTAINERS_LOG_TAIL_H_
#define MPD_CONTAINER_MANAGER_CONTAINERS_LOG_TAIL_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace mpd::containers {

// The last lines, joined by " | ", without empty ones, control characters and escape sequences. At
// most `limit` bytes: lines that do not fit are left out whole, from the first on; of a last line
// that does not fit by itself the end is kept.
std::string LogTail(absl::string_view log, size_t limit);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_CONTAINERS_LOG_TAIL_H_
