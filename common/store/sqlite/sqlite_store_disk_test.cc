// The store on a disk that fills up, fails, and loses power.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/store/sqlite/fault_vfs.h"
#include "common/store/sqlite/sqlite_check.h"
#include "common/store/sqlite/sqlite_store.h"

namespace mpd {
namespace {

using Fault = FaultVfs::Fault;

StoreTransaction PutOf(const std::string& key, const std::string& value) {
  return {{}, {{StoreOp::Type::kPut, key, value}}};
}

std::string NameOf(const testing::TestParamInfo<Fault>& info) { return FaultVfs::Name(info.param); }

class SqliteStoreDiskTest : public testing::TestWithParam<Fault> {
 protected:
  SqliteStoreDiskTest() {
    std::string pattern = testing::TempDir() + "sqlite_store_disk_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.path = folder_ + "/store";
    // A log that is as long as it gets would neither fill the disk nor be torn.
    options_.log_bytes = 0;
  }
  ~SqliteStoreDiskTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> Open(const std::string& path) {
    SqliteStoreOptions options = options_;
    options.path = path;
    absl::StatusOr<std::unique_ptr<Store>> store = OpenSqliteStore(options);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  static void ExpectSound(const std::string& path) {
    class NoFindings : public StoreVisitor {
      void OnFinding(absl::string_view finding) override { ADD_FAILURE() << finding; }
      void OnState(const StoreState&) override {}
      void OnRow(const StoreLogRow&) override {}
      void OnValue(const KeyValue&) override {}
    } visitor;
    const absl::Status checked = CheckSqliteStore(path, &visitor);
    EXPECT_TRUE(checked.ok()) << checked;
  }

  // The revision of each key.
  static std::map<std::string, int64_t> KeysOf(Store& store) {
    std::map<std::string, int64_t> keys;
    const auto range = store.Range({});
    EXPECT_TRUE(range.ok()) << range.status();
    if (!range.ok()) return keys;
    for (const KeyValue& kv : range->kvs) keys[kv.key] = kv.mod_revision;
    return keys;
  }

  FaultVfs vfs_;
  std::string folder_;
  SqliteStoreOptions options_;
};

TEST_P(SqliteStoreDiskTest, RefusesWhileItLastsAndRecoversByItself) {
  std::unique_ptr<Store> store = Open(options_.path);
  std::map<std::string, int64_t> acknowledged;
  for (int i = 0; i < 20; ++i) {
    const std::string key = absl::StrCat("before", i);
    acknowledged[key] = store->CommitAndWait(PutOf(key, std::string(1'000, 'v')))->revision;
  }
  ASSERT_TRUE(store->CommitAndWait({}).ok()) << "listeners have heard of it by now";
  std::atomic<int> heard = 0;
  const int64_t handle = store->Subscribe([&heard](int64_t) { ++heard; });
  vfs_.Set(GetParam());
  for (int i = 0; i < 5; ++i) {
    const absl::Status status =
        store->CommitAndWait(PutOf(absl::StrCat("lost", i), std::string(9'000, 'v'))).status();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_EQ(ErrorReason(status), "STORE_UNAVAILABLE");
    EXPECT_EQ(ErrorMetadataValue(status, "path"), options_.path);
    EXPECT_EQ(KeysOf(*store), acknowledged);
    EXPECT_EQ(store->revision(), 20);
    EXPECT_TRUE(store->ReadEvents("", 21, 0)->events.empty());
  }
  EXPECT_TRUE(vfs_.has_failed());
  vfs_.Set(Fault::kNone);
  store->Unsubscribe(handle);
  EXPECT_EQ(heard, 0) << "of what did not happen nobody is told";
  acknowledged["after"] = store->CommitAndWait(PutOf("after", ""))->revision;
  EXPECT_EQ(acknowledged["after"], 21) << "no revision was used up";
  EXPECT_EQ(KeysOf(*store), acknowledged);
  store.reset();
  ExpectSound(options_.path);
  EXPECT_EQ(KeysOf(*Open(options_.path)), acknowledged);
}

// A fault at one of the writes and syncs, most of them tried near the beginning; checkpoints and
// compaction are among them.
TEST_P(SqliteStoreDiskTest, OneFaultAnywhere) {
  const std::string large(80'000, 'v');
  for (int after = 0;; after = after * 3 + 1) {
    options_.path = absl::StrCat(folder_, "/store", after);
    std::unique_ptr<Store> store = Open(options_.path);
    ASSERT_NE(store, nullptr);
    vfs_.FailOnce(GetParam(), after);
    std::map<std::string, int64_t> acknowledged;
    for (int i = 0; i < 60; ++i) {
      const std::string key = absl::StrCat("k", i % 9);
      const auto response = store->CommitAndWait(PutOf(key, large));
      if (response.ok()) acknowledged[key] = response->revision;
      if (i % 20 == 19) store->Compact(store->revision() - 3).IgnoreError();
    }
    const bool failed = vfs_.has_failed();
    vfs_.Set(Fault::kNone);
    EXPECT_EQ(KeysOf(*store), acknowledged);
    store.reset();
    ExpectSound(options_.path);
    EXPECT_EQ(KeysOf(*Open(options_.path)), acknowledged);
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      std::filesystem::remove(options_.path + suffix);
    }
    if (!failed || HasFailure()) break;  // it was beyond the last one
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, SqliteStoreDiskTest,
                         testing::Values(Fault::kFull, Fault::kWriteError, Fault::kTornWrite,
                                         Fault::kSyncError),
                         NameOf);

// Threads that commit for a while, each key once.
class Writers {
 public:
  Writers(Store* store, uint32_t round) {
    for (int t = 0; t < kThreads; ++t) {
      threads_.emplace_back([this, store, round, t] {
        for (int i = 0; i < kCommits; ++i) {
          const std::string key = absl::StrCat(round, "/", t, "/", i);
          const size_t size = (round + t) % 10 == 0 ? 60'000 : 300;
          const auto response = store->CommitAndWait(PutOf(key, std::string(size, 'v')));
          MutexLock lock(&mutex_);
          if (response.ok()) acknowledged_[key] = response->revision;
        }
      });
    }
  }
  ~Writers() {
    for (std::thread& thread : threads_) thread.join();
  }
  static constexpr int kThreads = 4;
  static constexpr int kCommits = 6;

  std::map<std::string, int64_t> acknowledged() {
    MutexLock lock(&mutex_);
    return acknowledged_;
  }

 private:
  Mutex mutex_;
  std::map<std::string, int64_t> acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

class SqliteStorePowerTest : public SqliteStoreDiskTest {
 protected:
  void LosePowerAgainAndAgain();
};

// Whenever the power goes: what was acknowledged by then is there, at its revision, and what is
// there is one history.
void SqliteStorePowerTest::LosePowerAgainAndAgain() {
  const std::unique_ptr<Store> store = Open(options_.path);
  std::map<std::string, int64_t> before;
  for (uint32_t round = 1; round <= 40 && !HasFailure(); ++round) {
    const std::string crashed = absl::StrCat(folder_, "/crashed", round);
    const int64_t moment = store->revision() + 1 + round % (Writers::kThreads * Writers::kCommits);
    Writers writers(store.get(), round);
    while (store->revision() < moment) std::this_thread::yield();
    std::map<std::string, int64_t> expected = before;
    expected.merge(writers.acknowledged());
    vfs_.LosePower(options_.path, crashed, round);
    const std::unique_ptr<Store> found = Open(crashed);
    ASSERT_NE(found, nullptr);
    std::map<std::string, int64_t> kept = KeysOf(*found);
    for (const auto& [key, at] : expected) ASSERT_EQ(kept[key], at) << key << ", round " << round;
    ASSERT_TRUE(found->CommitAndWait(PutOf("goes on", "")).ok());
    found->Close();
    ExpectSound(crashed);
    before = KeysOf(*store);
  }
}

TEST_P(SqliteStorePowerTest, NothingAcknowledgedIsLost) { LosePowerAgainAndAgain(); }

TEST_P(SqliteStorePowerTest, NothingAcknowledgedIsLostOfALogMadeInAdvance) {
  options_.log_bytes = 8 << 20;
  LosePowerAgainAndAgain();
}

INSTANTIATE_TEST_SUITE_P(Power, SqliteStorePowerTest, testing::Values(Fault::kNone), NameOf);

}  // namespace
}  // namespace mpd
