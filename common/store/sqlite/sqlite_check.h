// The whole check of a store's file, for when somebody asks for it: more than a start can afford.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_CHECK_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "common/store/store_tools.h"

namespace mpd {

// Reads everything but what each key holds now, and changes nothing: the file's pages and indexes,
// whose file it is, and that the log tells one history: revisions without gaps, every change on top
// of the one before it. Tells the visitor of findings, state and rows. Nobody may write meanwhile.
// An error where the file can't be read as a store at all, told as a finding too where the file is
// the reason: DATA_LOSS (STORE_DAMAGED), NOT_FOUND (STORE_NOT_FOUND), UNAVAILABLE,
// PERMISSION_DENIED.
absl::Status CheckSqliteStore(const std::string& path, StoreVisitor* visitor);

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_CHECK_H_
