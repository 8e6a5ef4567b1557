// For tests of the store's file: a store in a folder of its own, and ways past it.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_STORE_TEST_UTIL_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_STORE_TEST_UTIL_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store.h"

namespace mpd {

inline StoreTransaction PutOf(const std::string& key, const std::string& value) {
  return {{}, {{StoreOp::Type::kPut, key, value}}};
}

class SqliteStoreFileTest : public ::testing::Test {
 protected:
  SqliteStoreFileTest() {
    std::string pattern = ::testing::TempDir() + "sqlite_store_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.path = folder_ + "/store";
    // A log that is as long as it gets would neither fill the disk nor be torn.
    options_.log_bytes = 0;
  }
  ~SqliteStoreFileTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> Open() {
    absl::StatusOr<std::unique_ptr<Store>> store = OpenSqliteStore(options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  // A store with some history, closed.
  void MakeStore(int keys = 300) {
    const std::unique_ptr<Store> store = Open();
    for (int i = 0; i < keys; ++i) {
      store->Commit(PutOf(absl::StrCat("key/", i), std::string(100, 'v')),
                    [](const absl::StatusOr<CommitResponse>&) {});
    }
    ASSERT_TRUE(store->CommitAndWait({}).ok());
  }

  // Opening is refused as DATA_LOSS with this in the message, and nothing is touched.
  void ExpectDamaged(const std::string& text) {
    constexpr size_t kWhole = 1 << 30;
    const absl::StatusOr<std::string> before = ReadFile(options_.path, kWhole);
    const absl::Status status = OpenSqliteStore(options_).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(ErrorReason(status), "STORE_DAMAGED");
    EXPECT_THAT(status.message(), ::testing::HasSubstr(text));
    EXPECT_THAT(status.message(), ::testing::HasSubstr(options_.path));
    const absl::StatusOr<std::string> after = ReadFile(options_.path, kWhole);
    EXPECT_EQ(before.ok(), after.ok());
    EXPECT_TRUE(before.value_or("") == after.value_or("")) << "the file was changed";
  }

  void Sql(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(options_.path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
  }

  int64_t CountRows() {
    sqlite3* db = nullptr;
    sqlite3_stmt* count = nullptr;
    EXPECT_EQ(sqlite3_open(options_.path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(db, "SELECT count(*) FROM log", -1, &count, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(count), SQLITE_ROW);
    const int64_t rows = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(db);
    return rows;
  }

  void Write(const std::string& suffix, const std::string& content) {
    ASSERT_TRUE(WriteFileAtomically(options_.path + suffix, content, 0600).ok());
  }

  std::string folder_;
  SqliteStoreOptions options_;
};

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_STORE_TEST_UTIL_H_
