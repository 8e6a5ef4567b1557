#include "gateway/identity/identity.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/files.h"
#include "common/base/host_name.h"
#include "common/base/status.h"
#include "common/config/platform_env.h"

namespace mpd::gateway {
namespace {

constexpr size_t kMaxFile = 16 << 10;

// The content of the file without surrounding white space. Empty when it can't be read; a VM
// without a tunnel, for example, has no tunnel key.
std::string OptionalText(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxFile);
  return text.ok() ? std::string(absl::StripAsciiWhitespace(*text)) : "";
}

// A public key's type and bytes, without the comment behind them (sshd(8), authorized_keys).
std::string KeyWithoutComment(const std::string& line) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  return words.size() < 2 ? "" : absl::StrCat(words[0], " ", words[1]);
}

// os-release(5): PRETTY_NAME="Debian GNU/Linux 13 (trixie)".
std::string PrettyName(const std::string& os_release) {
  for (absl::string_view line : absl::StrSplit(os_release, '\n')) {
    if (!absl::ConsumePrefix(&line, "PRETTY_NAME=")) continue;
    absl::ConsumePrefix(&line, "\"");
    absl::ConsumeSuffix(&line, "\"");
    return Printable(line);
  }
  return "";
}

}  // namespace

absl::StatusOr<mpd::gateway::v1::Identity> Identity::Describe(
    const mpd::gateway::v1::Status& status, absl::string_view ca_fingerprint) const {
  ASSIGN_OR_RETURN(const PlatformEnv platform, LoadPlatformEnv(sources_.platform_env));
  mpd::gateway::v1::Identity identity;
  identity.set_vm_id(platform.vm_id);
  identity.set_vm_address(platform.vm_ip);
  identity.set_hostname(HostName());
  identity.set_boot_id(OptionalText(sources_.boot_id));
  identity.set_wireguard_public_key(OptionalText(sources_.tunnel_public_key));
  identity.set_ca_fingerprint(std::string(ca_fingerprint));
  *identity.mutable_components() = status.components();
  identity.set_ssh_host_key(KeyWithoutComment(OptionalText(sources_.ssh_host_key)));
  identity.set_os_release(PrettyName(OptionalText(sources_.os_release)));
  return identity;
}

}  // namespace mpd::gateway
