// Any text is a configuration whose values can be relied upon, or is refused with file and reason.
#include <cstdint>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "common/config/config.h"
#include "common/testing/fuzz_check.h"

namespace mpd {
namespace {

void CheckPool(const Config& config, const PoolConfig& pool, std::set<std::string>* owners) {
  FUZZ_CHECK(!pool.name.empty() && config.FindPool(pool.name) == &pool);
  FUZZ_CHECK(pool.first <= pool.last);
  FUZZ_CHECK(config.subnet.Contains(pool.first) && config.subnet.Contains(pool.last));
  FUZZ_CHECK(pool.first > config.subnet.At(2));
  FUZZ_CHECK(pool.last.bits() < config.subnet.network().bits() + config.subnet.size() - 1);
  for (const auto& [address, owner] : pool.fixed) {
    FUZZ_CHECK(pool.first <= address && address <= pool.last);
    FUZZ_CHECK(Owner::Parse(owner).ok());
    FUZZ_CHECK(owners->insert(owner).second);
  }
}

void CheckConfig(const Config& config) {
  FUZZ_CHECK(config.subnet.Contains(config.gateway));
  FUZZ_CHECK(!config.subnet.Contains(config.tunnel_laptop));
  FUZZ_CHECK(!config.subnet.Contains(config.tunnel_vm));
  FUZZ_CHECK(config.tunnel_laptop != config.tunnel_vm);
  FUZZ_CHECK(config.tunnel_port != 0);
  FUZZ_CHECK(config.release_cooldown >= absl::ZeroDuration());
  std::set<std::string> owners;
  for (const PoolConfig& pool : config.pools) {
    CheckPool(config, pool, &owners);
    for (const PoolConfig& other : config.pools) {
      FUZZ_CHECK(&other == &pool || other.last < pool.first || pool.last < other.first);
    }
  }
  FUZZ_CHECK(config.subnet.Contains(config.dnsmasq_address()));
  for (const auto& [name, image] : config.runtime_images) {
    FUZZ_CHECK(RuntimeName::Parse(name).ok() && !image.empty());
  }
}

}  // namespace
}  // namespace mpd

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = mpd::ParseConfig(text, "mpd.textproto");
  if (config.ok()) {
    mpd::CheckConfig(*config);
  } else {
    mpd::CheckRefusal(config.status(), absl::StatusCode::kInvalidArgument, "INVALID_CONFIG");
    FUZZ_CHECK(absl::StartsWith(config.status().message(), "mpd.textproto:"));
  }
  return 0;
}
