// What mpd-ipam does instead of serving: --fsck, --backup FILE, --restore FILE.
#ifndef MPD_IPAM_MAINTENANCE_MAINTENANCE_H_
#define MPD_IPAM_MAINTENANCE_MAINTENANCE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/config/config.h"
#include "common/store/store.h"

namespace mpd::ipam {

// The store in the component's folder.
std::string StorePath(const std::string& state_folder);

// As OpenSqliteStore; damage is told with what to do about it.
absl::StatusOr<std::unique_ptr<Store>> OpenLeaseStore(const std::string& path);

// What the command line asks for, done; nothing when it asks to serve. Findings and results go to
// standard output. An error is one line of what is wrong and what to do: INVALID_ARGUMENT
// (INVALID_FLAG), FAILED_PRECONDITION (STORE_LOCKED: mpd-ipam runs), NOT_FOUND (STORE_NOT_FOUND),
// DATA_LOSS (STORE_DAMAGED, BACKUP_DAMAGED), FAILED_PRECONDITION (CONFIG_CONTRADICTS_LEASES), and
// what the file system says.
std::optional<absl::Status> RunMaintenance(const std::string& store_path, const Config& config);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_MAINTENANCE_MAINTENANCE_H_
