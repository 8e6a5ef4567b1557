#include "common/types/field_path.h"

#include "common/base/status.h"

namespace mpd {

absl::Status AtField(absl::string_view path, const absl::Status& status) {
  if (ErrorReason(status) != "INVALID_FIELD") return status;
  return InvalidField(path, ErrorMetadataValue(status, "value"),
                      ErrorMetadataValue(status, "problem"));
}

}  // namespace mpd
