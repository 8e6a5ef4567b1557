// Whole copies of a store's file: the backup of one that is in use, and the way back.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_COPY_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_COPY_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mpd {

// Judges a finished copy before it takes its name; an error keeps it from that.
using VerifyCopy = absl::FunctionRef<absl::Status(const std::string& copy)>;

// Copies the store as it is at one revision to `target`, one file, 0600, which is replaced whole or
// not at all and is durable on return. The store may be in use, by another process too; nobody
// waits for the copy. Errors: NOT_FOUND (STORE_NOT_FOUND), those of SqliteDb, INVALID_ARGUMENT
// (INVALID_FIELD: `target` is the store), and those of `verify`.
absl::Status BackupSqliteStore(const std::string& path, const std::string& target,
                               VerifyCopy verify);

// Puts a copy in the store's place, under a new store_id: revisions that were counted after the
// backup was made mean nothing in it. Cut short anywhere, it leaves the old store, or one that does
// not open until the restore is run again. The caller holds the lock. Returns where the old store's
// files are now; empty where there was none. Errors as above.
absl::StatusOr<std::string> RestoreSqliteStore(const std::string& backup, const std::string& path,
                                               VerifyCopy verify);

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_COPY_H_
