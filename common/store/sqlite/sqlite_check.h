// The whole check of a store's file, for when somebody asks for it: more than a start can afford.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_CHECK_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_CHECK_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/store/sqlite/sqlite_schema.h"
#include "common/store/store.h"

namespace mpd {

// One thing that is wrong: a sentence without its full stop.
using ReportFinding = absl::FunctionRef<void(absl::string_view finding)>;

// A row of the log, as far as a check of what it means needs it.
struct StoreLogRow {
  absl::string_view key;  // good during the visit
  int64_t revision = 0;
};

// Reads everything and changes nothing: the file's pages and indexes, whose file it is, and that
// the log tells one history: revisions without gaps, every change on top of the one before it.
// Calls `visit` for each row. Nobody may write meanwhile. Returns what it found of the state, for
// further checks; an error when the file can't be read as a store at all, told to `report` too
// where the file is the reason: DATA_LOSS (STORE_DAMAGED), NOT_FOUND where there is none,
// UNAVAILABLE, PERMISSION_DENIED.
absl::StatusOr<StoreFileState> CheckSqliteStore(const std::string& path, ReportFinding report,
                                                absl::FunctionRef<void(const StoreLogRow&)> visit);

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_CHECK_H_
