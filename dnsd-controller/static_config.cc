#include "dnsd-controller/static_config.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/files.h"
#include "common/platform_env.h"
#include "common/status.h"

namespace mpd::dnsd {
namespace {

// dnsmasq is another user, in a container.
constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

std::string Sha256(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

absl::Status WriteIfDifferent(const std::string& path, const std::string& content) {
  const absl::StatusOr<std::string> old = ReadFile(path);
  if (old.ok() && *old == content) return absl::OkStatus();
  return WriteFileAtomically(path, content, kFileMode);
}

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
  // hosts.d too: dnsmasq does not start without it.
  for (const char* folder : {"", "/dnsmasq.d", "/hosts.d"}) {
    RETURN_IF_ERROR(MakeFolder(folder_ + folder, kFolderMode));
  }
  RETURN_IF_ERROR(WriteIfDifferent(folder_ + "/dnsmasq.conf", main));
  RETURN_IF_ERROR(WriteIfDifferent(folder_ + "/dnsmasq.d/services.conf", services));
  digest_ = Sha256(absl::StrCat(main.size(), "\n", main, services));
  return platform.status();
}

}  // namespace mpd::dnsd
