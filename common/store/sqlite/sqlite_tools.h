// Check, backup and restore of a store on SQLite.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_TOOLS_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_TOOLS_H_

#include <memory>
#include <string>

#include "common/store/store_tools.h"

namespace mpd {

// For the store whose file is, or is to be, at `path`.
std::unique_ptr<StoreTools> MakeSqliteStoreTools(std::string path);

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_TOOLS_H_
