// States which VM this is; mpd-ca signs that, so that a laptop can verify that it talks to the
// right VM.
#ifndef MPD_GATEWAY_IDENTITY_IDENTITY_H_
#define MPD_GATEWAY_IDENTITY_IDENTITY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mpd/gateway/v1/gateway.pb.h"

namespace mpd::gateway {

// Where what the identity says is read; each for every call, because it may be created or changed
// later.
struct IdentitySources {
  std::string platform_env;
  std::string tunnel_public_key;
  std::string boot_id = "/proc/sys/kernel/random/boot_id";
  std::string ssh_host_key = "/etc/ssh/ssh_host_ed25519_key.pub";
  std::string os_release = "/etc/os-release";
};

// Thread-safe.
class Identity {
 public:
  explicit Identity(IdentitySources sources) : sources_(std::move(sources)) {}

  // The identity of this VM, which includes the components of `status`. What this machine does not
  // have, such as a tunnel or sshd, stays empty. INVALID_ARGUMENT (PLATFORM_ENV_INVALID).
  absl::StatusOr<mpd::gateway::v1::Identity> Describe(const mpd::gateway::v1::Status& status,
                                                      absl::string_view ca_fingerprint) const;

 private:
  const IdentitySources sources_;
};

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_IDENTITY_IDENTITY_H_
