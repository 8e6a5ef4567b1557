#include "common/store/sqlite/sqlite_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/store/contract/store_contract_test_suite.h"

namespace mpd {
namespace {

class TestedSqliteStore : public TestedStore {
 public:
  explicit TestedSqliteStore(int64_t recent_events) {
    std::string pattern = ::testing::TempDir() + "sqlite_store_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.path = folder_ + "/store";
    options_.recent_events = recent_events;
    Reopen();
  }
  ~TestedSqliteStore() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  Store& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    absl::StatusOr<std::unique_ptr<Store>> opened = OpenSqliteStore(options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

 private:
  std::string folder_;
  SqliteStoreOptions options_;
  std::unique_ptr<Store> store_;
};

std::unique_ptr<TestedStore> WithMemory() { return std::make_unique<TestedSqliteStore>(4'096); }
// Watchers read some of the events from memory, some from the file, and change over between them.
std::unique_ptr<TestedStore> WithLittleMemory() { return std::make_unique<TestedSqliteStore>(3); }

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContractTest, ::testing::Values(&WithMemory));
INSTANTIATE_TEST_SUITE_P(SqliteLittleMemory, StoreContractTest,
                         ::testing::Values(&WithLittleMemory));

}  // namespace mpd
