// The store's file: its tables, its making, and the checks before it is used.
//
// log    One row per change of a key. The rows of one transaction share a revision; `sub` orders
//        them. `prev_revision` is the revision of the key's row before, also where that was a
//        deletion; 0 where there is none. The unique index on it is the arbiter: no two rows can
//        follow the same one. As a later row has a greater prev_revision, the index, in descending
//        order, also finds a key's latest row first. A deletion's row holds the last value.
// meta   One row: the store's id, the revision before which history is forgotten, and the one up to
//        which forgotten rows have been removed.
#ifndef MPD_COMMON_SQLITE_SCHEMA_H_
#define MPD_COMMON_SQLITE_SCHEMA_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace mpd {

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

// Makes the store's file where there is none, whole or not at all; otherwise checks that it is one,
// undamaged and of this version. The caller holds the lock. Errors: DATA_LOSS (STORE_DAMAGED),
// PERMISSION_DENIED, UNAVAILABLE.
absl::StatusOr<StoreFileState> PrepareStoreFile(const std::string& path);

}  // namespace mpd

#endif  // MPD_COMMON_SQLITE_SCHEMA_H_
