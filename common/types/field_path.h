// Where in a request a value stands that its type refused.
#ifndef MPD_COMMON_TYPES_FIELD_PATH_H_
#define MPD_COMMON_TYPES_FIELD_PATH_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mpd {

// The checked types (names.h, net_types.h) name what was refused, "hostname"; callers
// are told the field of their request, by its path in the proto: "lease.hostnames[1]". Changes
// INVALID_FIELD only; any other status stays as it is.
absl::Status AtField(absl::string_view path, const absl::Status& status);

}  // namespace mpd

#endif  // MPD_COMMON_TYPES_FIELD_PATH_H_
