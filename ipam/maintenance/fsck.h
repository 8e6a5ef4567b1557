// Whether a store of leases can be trusted: the file, the history in it, and what it means.
#ifndef MPD_IPAM_MAINTENANCE_FSCK_H_
#define MPD_IPAM_MAINTENANCE_FSCK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config/config.h"

namespace mpd::ipam {

// What is wrong with the store itself can only be mended by a backup; what its leases and the
// configuration say of each other, by either of them.
struct Finding {
  enum class Kind { kDamage, kContradiction };
  Kind kind = Kind::kDamage;
  std::string text;  // a sentence without its full stop
};

struct FsckReport {
  std::vector<Finding> findings;
  // False: the file could not be read to its end; the rest is what was seen before.
  bool complete = false;
  int64_t revision = 0;
  int64_t leases = 0;
  int64_t resting = 0;
  int64_t requests = 0;
};

// Reads the file at `path` and changes nothing; nobody may write to it meanwhile. With `config`,
// leases are held against its pools too. Errors: the file is absent or can't be opened: NOT_FOUND
// (STORE_NOT_FOUND), PERMISSION_DENIED, UNAVAILABLE. Damage is no error but a finding.
absl::StatusOr<FsckReport> Fsck(const std::string& path, const Config* config);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_MAINTENANCE_FSCK_H_
