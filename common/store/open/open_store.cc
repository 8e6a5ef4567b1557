#include "common/store/open/open_store.h"

#include <array>
#include <string>
#include <utility>

#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/store/sqlite/sqlite_tools.h"

namespace mpd {
namespace {

absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(std::string path) {
  SqliteStoreOptions options;
  options.path = std::move(path);
  return OpenSqliteStore(options);
}

// `prefix` is what its URLs begin with; the rest is what its functions take.
struct Backend {
  absl::string_view prefix;
  absl::StatusOr<std::unique_ptr<Store>> (*open)(std::string rest);
  std::unique_ptr<StoreTools> (*make_tools)(std::string rest);
};

constexpr std::array<Backend, 1> kBackends = {{
    {"sqlite:", &OpenSqlite, &MakeSqliteStoreTools},
}};

// The backend, and what follows its prefix.
absl::StatusOr<std::pair<const Backend*, std::string>> Find(absl::string_view url) {
  for (const Backend& backend : kBackends) {
    absl::string_view rest = url;
    if (absl::ConsumePrefix(&rest, backend.prefix) && !rest.empty()) {
      return std::make_pair(&backend, std::string(rest));
    }
  }
  return InvalidField("store", url, "must be the URL of a store, such as sqlite:/path/of/its/file");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenStore(absl::string_view url) {
  ASSIGN_OR_RETURN(auto found, Find(url));
  return found.first->open(std::move(found.second));
}

absl::StatusOr<std::unique_ptr<StoreTools>> OpenStoreTools(absl::string_view url) {
  ASSIGN_OR_RETURN(auto found, Find(url));
  return found.first->make_tools(std::move(found.second));
}

}  // namespace mpd
