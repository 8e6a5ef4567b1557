// What a build is.
#ifndef MPD_COMMON_DAEMON_BUILD_INFO_H_
#define MPD_COMMON_DAEMON_BUILD_INFO_H_

#include "absl/strings/string_view.h"

namespace mpd {

// The project's version, "1.2.3".
absl::string_view BuildVersion();
// The git commit, 12 digits; empty where the build was not of a git checkout.
absl::string_view BuildCommit();

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_BUILD_INFO_H_
