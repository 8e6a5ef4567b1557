#include "common/pki/pki_errors.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd {

absl::Status PkiErrors::NoVmKey(absl::string_view path, absl::string_view problem) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("This VM can't sign: ", path, ": ", problem,
                                "; it is never made anew over a file that exists: mend or remove "
                                "the file, then: systemctl restart mpd-gateway"),
                   "NO_VM_KEY", {{"path", path}, {"problem", problem}});
}

}  // namespace mpd
