#include "common/base/not_in_this_version.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd {

absl::Status NotInThisVersion(absl::string_view method) {
  return MakeError(absl::StatusCode::kUnimplemented,
                   absl::StrCat(method, " is not part of this version"), "NOT_IN_THIS_VERSION",
                   {{"method", method}});
}

}  // namespace mpd
