// The answer of methods that the API has and this version does not.
#ifndef MPD_COMMON_BASE_NOT_IN_THIS_VERSION_H_
#define MPD_COMMON_BASE_NOT_IN_THIS_VERSION_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mpd {

// UNIMPLEMENTED (NOT_IN_THIS_VERSION), metadata `method`: its name without the service's.
absl::Status NotInThisVersion(absl::string_view method);

}  // namespace mpd

#endif  // MPD_COMMON_BASE_NOT_IN_THIS_VERSION_H_
