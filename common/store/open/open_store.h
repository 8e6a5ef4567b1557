// Which store is behind a URL: "sqlite:<path of its file>". The one place that knows all backends.
#ifndef MPD_COMMON_STORE_OPEN_OPEN_STORE_H_
#define MPD_COMMON_STORE_OPEN_OPEN_STORE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"
#include "common/store/store_tools.h"

namespace mpd {

// Opens the store, which is made where there is none. INVALID_ARGUMENT (INVALID_FIELD) where no
// backend has such URLs, and the errors of the backend's own function, such as OpenSqliteStore.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(absl::string_view url);

// Neither opens nor makes it. INVALID_ARGUMENT (INVALID_FIELD) as above.
absl::StatusOr<std::unique_ptr<StoreTools>> OpenStoreTools(absl::string_view url);

}  // namespace mpd

#endif  // MPD_COMMON_STORE_OPEN_OPEN_STORE_H_
