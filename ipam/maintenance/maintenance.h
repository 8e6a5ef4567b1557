// Carries out --fsck, --backup FILE and --restore FILE, which mpd-ipam does instead of serving.
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

// The URL, as OpenStore takes it, of the store in the component's state folder.
std::string StoreUrl(const std::string& state_folder);

// Opens the store with OpenStore. When it is damaged, the error also says what to do.
absl::StatusOr<std::unique_ptr<Store>> OpenLeaseStore(const std::string& url);

// Carries out what the command line asks for and returns the result, or returns nothing when it
// asks for none of these. Findings and results are printed to standard output. Errors:
// INVALID_ARGUMENT (INVALID_FLAG: more than one was asked for), FAILED_PRECONDITION (STORE_LOCKED:
// mpd-ipam is running; CONFIG_CONTRADICTS_LEASES), NOT_FOUND (STORE_NOT_FOUND), DATA_LOSS
// (STORE_DAMAGED, BACKUP_DAMAGED), and those of the file system.
std::optional<absl::Status> RunMaintenance(const std::string& url, const Config& config);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_MAINTENANCE_MAINTENANCE_H_
