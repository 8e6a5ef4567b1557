// What the store does when there is too much: for the disk, in the queue, in its history.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/one_shot.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store_test_util.h"

namespace mpd {
namespace {

using SqliteStoreLimitsTest = SqliteStoreFileTest;

// Files may not grow beyond where the log is now, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(const std::string& path) {
    old_handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    rlimit now = old_;
    now.rlim_cur = std::filesystem::file_size(path + "-wal");
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_;
  void (*old_handler_)(int);
};

TEST_F(SqliteStoreLimitsTest, FullDiskRefusesAndRecovers) {
  const std::unique_ptr<Store> store = Open();
  ASSERT_TRUE(store->CommitAndWait(PutOf("k", "before")).ok());
  ASSERT_TRUE(store->CommitAndWait({}).ok()) << "listeners have heard of it by now";
  int heard = 0;
  const int64_t handle = store->Subscribe([&heard](int64_t) { ++heard; });
  {
    const FullDisk full(options_.path);
    for (int i = 0; i < 3; ++i) {
      const absl::Status status = store->CommitAndWait(PutOf("k", "lost")).status();
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      EXPECT_EQ(ErrorReason(status), "STORE_UNAVAILABLE");
      EXPECT_EQ(store->Range({}).value().kvs.at(0).value, "before") << "reads go on";
      EXPECT_EQ(store->revision(), 1);
      EXPECT_TRUE(store->ReadEvents("", 2, 0).value().events.empty());
    }
  }
  store->Unsubscribe(handle);
  EXPECT_EQ(heard, 0);
  EXPECT_EQ(store->CommitAndWait(PutOf("k", "after")).value().revision, 2);
  EXPECT_EQ(store->Range({}).value().kvs.at(0).value, "after");
}

TEST_F(SqliteStoreLimitsTest, FullQueueRefusesAtOnce) {
  options_.max_queue = 4;
  const std::unique_ptr<Store> store = Open();
  OneShot<bool> writer_is_held;
  OneShot<bool> go_on;
  store->Commit(PutOf("held", ""), [&](const absl::StatusOr<CommitResponse>&) {
    writer_is_held.Set(true);
    go_on.Wait();
  });
  writer_is_held.Wait();
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i) {
    store->Commit(PutOf("queued", ""), [&](absl::StatusOr<CommitResponse> r) { done += r.ok(); });
  }
  absl::Status refused;
  store->Commit(PutOf("refused", ""),
                [&](absl::StatusOr<CommitResponse> r) { refused = r.status(); });
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_EQ(ErrorReason(refused), "STORE_BUSY");
  go_on.Set(true);
  store->Close();
  EXPECT_EQ(done, 4);
  EXPECT_TRUE(store->Range({.prefix = "refused"}).value().kvs.empty());
}

// Barriers, until it holds; each gives the writer a turn.
bool Eventually(Store& store, const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (!condition()) {
    if (absl::Now() > deadline || !store.CommitAndWait({}).ok()) return false;
  }
  return true;
}

TEST_F(SqliteStoreLimitsTest, OldHistoryIsForgottenByItself) {
  options_.keep_revisions = 20;
  options_.keep_age = absl::ZeroDuration();
  options_.compact_interval = absl::Milliseconds(1);
  const std::unique_ptr<Store> store = Open();
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = absl::StrCat("k", i % 10);
    const StoreTransaction removal = {{}, {{StoreOp::Type::kDelete, key}}};
    store->Commit(i % 4 == 3 ? removal : PutOf(key, "v"),
                  [](const absl::StatusOr<CommitResponse>&) {});
  }
  ASSERT_GT(store->CommitAndWait({}).value().revision, 1'900);
  EXPECT_TRUE(
      Eventually(*store, [&] { return store->compact_revision() >= store->revision() - 20; }));
  EXPECT_TRUE(Eventually(*store, [this] { return CountRows() <= 40; })) << CountRows();
  EXPECT_LE(store->compact_revision(), store->revision() - 20) << "the newest 20 stay";
  EXPECT_TRUE(store->ReadEvents("", store->compact_revision(), 0).ok());
}

TEST_F(SqliteStoreLimitsTest, YoungHistoryStaysHoweverMuchItIs) {
  options_.keep_revisions = 1;
  options_.compact_interval = absl::Milliseconds(1);
  const std::unique_ptr<Store> store = Open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(store->CommitAndWait(PutOf("k", "")).ok());
  EXPECT_EQ(store->compact_revision(), 0);
  EXPECT_EQ(store->ReadEvents("", 1, 0).value().events.size(), 50u);
}

}  // namespace
}  // namespace mpd
