#include "common/daemon/build_info.h"

#include "mpd_commit.h"

namespace mpd {

absl::string_view BuildVersion() { return MPD_VERSION; }

absl::string_view BuildCommit() { return MPD_COMMIT; }

}  // namespace mpd
