#include "common/sqlite_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/store_contract_test_suite.h"

namespace mpd {
namespace {

class TestedSqliteStore : public TestedStore {
 public:
  TestedSqliteStore() {
    std::string pattern = ::testing::TempDir() + "sqlite_store_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    Reopen();
  }
  ~TestedSqliteStore() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  Store& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    SqliteStoreOptions options;
    options.path = folder_ + "/store";
    absl::StatusOr<std::unique_ptr<Store>> opened = OpenSqliteStore(options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

 private:
  std::string folder_;
  std::unique_ptr<Store> store_;
};

std::unique_ptr<TestedStore> MakeTestedSqliteStore() {
  return std::make_unique<TestedSqliteStore>();
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContractTest, ::testing::Values(&MakeTestedSqliteStore));

}  // namespace mpd
