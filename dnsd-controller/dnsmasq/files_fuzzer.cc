// Feeds arbitrary text to the parsers of files that other programs write: resolv.conf,
// platform.env and hosts files. The text must become checked values, be ignored, or be refused. The
// first byte of the input chooses the parser.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/config/platform_env.h"
#include "common/testing/fuzz_check.h"
#include "common/types/net_types.h"
#include "dnsd-controller/dnsmasq/dnsmasq_renderer.h"
#include "dnsd-controller/dnsmasq/upstreams.h"

namespace mpd::dnsd {
namespace {

constexpr char kOwn[] = "10.163.0.3";

bool IsAddress(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bits;
  return inet_pton(AF_INET, text.c_str(), bits.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bits.data()) == 1;
}

void CheckResolvConf(absl::string_view text) {
  const Upstreams upstreams = ParseResolvConf(text, {kOwn});
  std::set<std::string> seen;
  for (const auto* list : {&upstreams.servers, &upstreams.dropped}) {
    FUZZ_CHECK(list->size() <= 32);
    for (const std::string& server : *list) {
      FUZZ_CHECK(IsAddress(server));
      FUZZ_CHECK(seen.insert(server).second);
    }
  }
  for (const std::string& server : upstreams.servers) {
    FUZZ_CHECK(server != kOwn && !absl::StartsWith(server, "127.") && server != "::1");
    FUZZ_CHECK(ParseResolvConf(absl::StrCat("nameserver ", server), {}).servers.front() == server);
  }
}

void CheckPlatformEnv(absl::string_view text) {
  const absl::StatusOr<PlatformEnv> env = ParsePlatformEnv(text, "platform.env");
  if (!env.ok()) {
    CheckRefusal(env.status(), absl::StatusCode::kInvalidArgument, "PLATFORM_ENV_INVALID");
    FUZZ_CHECK(absl::StartsWith(env.status().message(), "platform.env, line "));
    return;
  }
  FUZZ_CHECK(env->vm_ip.empty() || Ipv4Address::Parse(env->vm_ip).ok());
  // The address becomes a line of dnsmasq's configuration and nothing more.
  const Zone zone = *Zone::Parse("mpd.test");
  const std::string without = RenderServicesConfig(zone, "");
  const std::string with = RenderServicesConfig(zone, env->vm_ip);
  FUZZ_CHECK(with == (env->vm_ip.empty()
                          ? without
                          : absl::StrCat(without, "host-record=vm.service.mpd.test,",
                                         Ipv4Address::Parse(env->vm_ip)->ToString(), "\n")));
}

void CheckHostsFile(absl::string_view text) {
  const std::optional<HostsLine> line = ParseHostsFile(text);
  if (!line) return;
  FUZZ_CHECK(!line->names.empty());
  FUZZ_CHECK(RenderHostsFile(*line) == std::string(text));
}

}  // namespace
}  // namespace mpd::dnsd

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      mpd::dnsd::CheckResolvConf(text);
      break;
    case 1:
      mpd::dnsd::CheckPlatformEnv(text);
      break;
    default:
      mpd::dnsd::CheckHostsFile(text);
  }
  return 0;
}
