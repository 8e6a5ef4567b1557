// /var/lib/mpd/conf/platform.env: which VM this is. Written by the laptop's orchestrator.
#ifndef MPD_COMMON_CONFIG_PLATFORM_ENV_H_
#define MPD_COMMON_CONFIG_PLATFORM_ENV_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

struct PlatformEnv {
  bool sandbox = false;  // MPD_PLATFORM=sandbox; otherwise managed, also written machine
  std::string vm_ip;     // a checked IPv4 address; empty in a sandbox
  std::string vm_id;     // [A-Za-z0-9.-], at most 63; empty where not given
};

// KEY=VALUE lines, # comments, values optionally in quotes; unknown keys are passed over. An absent
// file is an empty PlatformEnv. Errors name file, line and reason.
absl::StatusOr<PlatformEnv> LoadPlatformEnv(const std::string& path);
absl::StatusOr<PlatformEnv> ParsePlatformEnv(absl::string_view text, absl::string_view source);

}  // namespace mpd

#endif  // MPD_COMMON_CONFIG_PLATFORM_ENV_H_
