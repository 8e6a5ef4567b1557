#include "dnsd-controller/dnsmasq/static_config.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/digest.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/config/platform_env.h"

namespace mpd::dnsd {
namespace {

// Readable by dnsmasq, which runs as another user in its container.
constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

}  // namespace

StaticConfig::StaticConfig(std::string folder, std::string platform_env, ResolverLayout layout)
    : folder_(std::move(folder)),
      platform_env_(std::move(platform_env)),
      layout_(std::move(layout)) {}

absl::Status StaticConfig::Refresh() {
  const absl::StatusOr<PlatformEnv> platform = LoadPlatformEnv(platform_env_);
  if (platform.ok()) vm_ip_ = platform->vm_ip;
  const std::string main = RenderMainConfig(layout_);
  const std::string services = RenderServicesConfig(layout_.zone, vm_ip_);
  // dnsmasq does not start when hosts.d, which is filled later, does not exist.
  for (const char* folder : {"", "/dnsmasq.d", "/hosts.d"}) {
    RETURN_IF_ERROR(MakeFolder(folder_ + folder, kFolderMode));
  }
  RETURN_IF_ERROR(WriteIfDifferent(folder_ + "/dnsmasq.conf", main, kFileMode));
  RETURN_IF_ERROR(WriteIfDifferent(folder_ + "/dnsmasq.d/services.conf", services, kFileMode));
  digest_ = Sha256Hex(absl::StrCat(main.size(), "\n", main, services));
  return platform.status();
}

}  // namespace mpd::dnsd
