// States which VM this is and signs that, so that a laptop can verify that it talks to the right
// VM.
#ifndef MPD_GATEWAY_IDENTITY_IDENTITY_H_
#define MPD_GATEWAY_IDENTITY_IDENTITY_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/config/config.h"
#include "common/pki/vm_ca.h"
#include "mpd/gateway/v1/gateway.pb.h"

namespace mpd::gateway {

// Thread-safe.
class Identity {
 public:
  // platform.env and the tunnel's public key are read for each call, because they may be created or
  // changed later. `ca` must outlive this object.
  Identity(std::string platform_env_path, std::string tunnel_public_key_path, const VmCa* ca);

  // Fills the response with the identity of this VM, which includes the components of `status`, and
  // with a signature over nonce and identity. Errors: INVALID_ARGUMENT (INVALID_FIELD: the nonce is
  // not 16 to 64 bytes long; PLATFORM_ENV_INVALID), FAILED_PRECONDITION (NO_VM_KEY).
  absl::Status Sign(absl::string_view nonce, const mpd::gateway::v1::Status& status,
                    mpd::gateway::v1::GetIdentityResponse* response) const;

 private:
  const std::string platform_env_path_;
  const std::string tunnel_public_key_path_;
  const VmCa* const ca_;
};

// The bytes that are signed: "mpd-identity-v1\0", the length of the nonce in one byte, the nonce,
// and the serialised Identity.
std::string SignedContent(absl::string_view nonce, absl::string_view identity);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_IDENTITY_IDENTITY_H_
