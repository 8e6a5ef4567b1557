// Which VM this is, signed: the proof that a laptop talks to the VM it means.
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
  // platform.env and the tunnel's key are read anew for each answer: both may come later.
  Identity(std::string platform_env_path, std::string tunnel_public_key_path, const VmCa* ca);

  // Fills the response with what this VM is, the components of `status`, and a signature over it
  // and the nonce. Errors: INVALID_ARGUMENT (INVALID_FIELD: the nonce's size); FAILED_PRECONDITION
  // (NO_VM_KEY); that of platform.env where it is damaged.
  absl::Status Sign(absl::string_view nonce, const mpd::gateway::v1::Status& status,
                    mpd::gateway::v1::GetIdentityResponse* response) const;

 private:
  const std::string platform_env_path_;
  const std::string tunnel_public_key_path_;
  const VmCa* const ca_;
};

// What the signature covers: "mpd-identity-v1\0", the nonce's length in one byte, the nonce, and
// the serialised Identity.
std::string SignedContent(absl::string_view nonce, absl::string_view identity);

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_IDENTITY_IDENTITY_H_
