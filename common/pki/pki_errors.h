// What is wrong with keys and certificates.
#ifndef MPD_COMMON_PKI_PKI_ERRORS_H_
#define MPD_COMMON_PKI_PKI_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mpd {

struct PkiErrors {
  // FAILED_PRECONDITION (NO_VM_KEY).
  static absl::Status NoVmKey(absl::string_view path, absl::string_view problem);
};

}  // namespace mpd

#endif  // MPD_COMMON_PKI_PKI_ERRORS_H_
