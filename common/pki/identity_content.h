// What is signed of an identity, as mpd.gateway.v1.GetIdentityResponse describes it.
#ifndef MPD_COMMON_PKI_IDENTITY_CONTENT_H_
#define MPD_COMMON_PKI_IDENTITY_CONTENT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mpd {

// 16 to 64 bytes.
bool IsNonce(absl::string_view nonce);

// The bytes that are signed: "mpd-identity-v1\0", the length of the nonce in one byte, the nonce,
// and the serialised Identity.
std::string IdentityContent(absl::string_view nonce, absl::string_view identity);

}  // namespace mpd

#endif  // MPD_COMMON_PKI_IDENTITY_CONTENT_H_
