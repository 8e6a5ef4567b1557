// Checks a store of leases: the file, the log in it, and the records.
#ifndef MPD_IPAM_MAINTENANCE_FSCK_H_
#define MPD_IPAM_MAINTENANCE_FSCK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config/config.h"
#include "common/store/store_tools.h"

namespace mpd::ipam {

// kDamage: the store itself is damaged, which only the restore of a backup mends. kContradiction: a
// lease contradicts the configuration, so one of the two has to be changed.
struct Finding {
  enum class Kind { kDamage, kContradiction };
  Kind kind = Kind::kDamage;
  std::string text;  // a sentence without its full stop
};

struct FsckReport {
  std::vector<Finding> findings;
  // False when the file could not be read to its end; the findings and numbers are then of the part
  // that was read.
  bool complete = false;
  int64_t revision = 0;
  int64_t leases = 0;
  int64_t resting = 0;
  int64_t requests = 0;
};

// Reads the store and changes nothing; nobody may write to it meanwhile. When `config` is not
// nullptr, leases are also compared with its pools. Damage is not an error but a finding. Errors,
// when the store can't be opened: NOT_FOUND (STORE_NOT_FOUND), PERMISSION_DENIED, UNAVAILABLE.
absl::StatusOr<FsckReport> Fsck(StoreTools* store, const Config* config);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_MAINTENANCE_FSCK_H_
