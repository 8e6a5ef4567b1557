// A certificate authority made on the spot.
#ifndef MPD_GATEWAY_CA_AUTHORITY_SELF_SIGNED_CA_H_
#define MPD_GATEWAY_CA_AUTHORITY_SELF_SIGNED_CA_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd::ca {

struct CaPem {
  std::string key;  // PKCS #8
  std::string certificate;
};

// An EC P-256 key and its own certificate: CN `common_name`, valid for ten years from an hour ago,
// CA with pathlen 0 that signs certificates only, and, critically, only for names in `zone` (RFC
// 5280 §4.2.1.10).
absl::StatusOr<CaPem> MakeSelfSignedCa(absl::string_view common_name, absl::string_view zone);

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_AUTHORITY_SELF_SIGNED_CA_H_
