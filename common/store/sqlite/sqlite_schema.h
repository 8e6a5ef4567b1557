// The store's file: its tables, its making, and the checks before it is used.
//
// log    One row per change of a key. The rows of one transaction share a revision; `sub` orders
//        them. `prev_revision` is the revision of the key's row before, also where that was a
//        deletion; 0 where there is none. The unique index on it is the arbiter: no two rows can
//        follow the same one. As a later row has a greater prev_revision, the index, in descending
//        order, also finds a key's latest row first. A deletion's row holds the last value.
// meta   One row: the store's id, the revision before which history is forgotten, and the one up to
//        which forgotten rows have been removed.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_SCHEMA_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_SCHEMA_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mpd {

class SqliteDb;

// An exclusive lock on `path`.lock for as long as it lives; the file stays. Errors:
// FAILED_PRECONDITION (STORE_LOCKED), PERMISSION_DENIED, UNAVAILABLE.
class StoreFileLock {
 public:
  static absl::StatusOr<std::unique_ptr<StoreFileLock>> Take(const std::string& path);
  ~StoreFileLock();
  StoreFileLock(const StoreFileLock&) = delete;
  StoreFileLock& operator=(const StoreFileLock&) = delete;

 private:
  explicit StoreFileLock(int fd) : fd_(fd) {}
  const int fd_;
};

// What meta and log tell at the start.
struct StoreFileState {
  std::string store_id;
  int64_t revision = 0;
  int64_t compact_revision = 0;
  int64_t swept_revision = 0;
};

// A new store's id, at random.
absl::StatusOr<std::string> NewStoreId();

// Whether the file says that it is a store of this version. DATA_LOSS (STORE_DAMAGED).
absl::Status CheckStoreIdentity(SqliteDb& db);
// DATA_LOSS too where it contradicts itself.
absl::StatusOr<StoreFileState> ReadStoreFileState(SqliteDb& db);

// A restore puts the new file here, whole, before it moves the old one away: while it is there, the
// store is neither the old nor the new one.
std::string PendingRestorePath(absl::string_view path);

// SQLite takes an empty file for a new database, and throws away the -wal beside it, which may hold
// all that was acknowledged: to be called before the file is opened. DATA_LOSS (STORE_DAMAGED).
absl::Status CheckNotEmpty(const std::string& path);

// An empty file, 0600, its content replaced where it exists.
absl::Status MakeEmptyFile(const std::string& path);
// What root makes is to be used by the user whose folder it is in; others own what they make.
absl::Status GiveToFolderOwner(const std::string& path);
absl::Status SyncFile(const std::string& path);
// With the folder's entry.
absl::Status RenameDurably(const std::string& from, const std::string& to);

// Makes the store's file where there is none, whole or not at all; otherwise checks that it is one,
// undamaged and of this version. The caller holds the lock. Errors: DATA_LOSS (STORE_DAMAGED),
// FAILED_PRECONDITION (RESTORE_INTERRUPTED), PERMISSION_DENIED, UNAVAILABLE.
absl::StatusOr<StoreFileState> PrepareStoreFile(const std::string& path);

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_SCHEMA_H_
