// The store on one SQLite file: an append-only log whose writer commits whatever has queued up as
// one transaction (WAL, synchronous=FULL) and only then answers.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_STORE_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/store/store.h"

namespace mpd {

struct SqliteStoreOptions {
  // A file in a folder that exists; created where absent. One process at a time: a second one gets
  // FAILED_PRECONDITION (STORE_LOCKED) with the path.
  std::string path;
  // History older than both is compacted away.
  int64_t keep_revisions = 100'000;
  absl::Duration keep_age = absl::Hours(24);
  // How often that is looked at.
  absl::Duration compact_interval = absl::Minutes(1);
  // Waiting transactions; one more is refused.
  int64_t max_queue = 16'384;
  // Events kept in memory for watchers that are nearly up to date.
  int64_t recent_events = 4'096;
  // How long the write-ahead log's file is made before it is used: SQLite begins it anew after 1000
  // pages, and the transaction that comes to there adds some. 0: it grows as it goes.
  int64_t log_bytes = 6 << 20;
};

// Errors: FAILED_PRECONDITION (STORE_LOCKED), DATA_LOSS (STORE_DAMAGED: what to do),
// PERMISSION_DENIED or UNAVAILABLE with path and reason where the file or folder can't be used.
absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const SqliteStoreOptions& options);

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_STORE_H_
