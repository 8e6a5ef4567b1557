// SHA-256 (FIPS 180-4).
#ifndef MPD_COMMON_BASE_DIGEST_H_
#define MPD_COMMON_BASE_DIGEST_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mpd {

// The 32 bytes.
std::string Sha256(absl::string_view bytes);
// The same as 64 lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace mpd

#endif  // MPD_COMMON_BASE_DIGEST_H_
