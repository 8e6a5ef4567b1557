// The store's write-ahead log as a file.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_WAL_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_WAL_H_

#include <cstdint>
#include <string>

namespace mpd {

// Makes a log of so many bytes beside the database at `path`, of zeros, which SQLite takes for one
// without a transaction. A sync of a file that does not grow writes no more than
// the data. For when no connection is open; an existing log is left as it is, and where there is no
// room, it grows as it goes.
void PreallocateWal(const std::string& path, int64_t bytes);

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_WAL_H_
