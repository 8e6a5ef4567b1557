// The machine's own name.
#ifndef MPD_COMMON_BASE_HOST_NAME_H_
#define MPD_COMMON_BASE_HOST_NAME_H_

#include <string>

namespace mpd {

// As gethostname(2) gives it; empty where that fails. Thread-safe.
std::string HostName();

}  // namespace mpd

#endif  // MPD_COMMON_BASE_HOST_NAME_H_
