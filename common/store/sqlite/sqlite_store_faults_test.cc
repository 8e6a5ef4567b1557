// What happens to the store's file, and to the store, when things go wrong around it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/files.h"
#include "common/base/one_shot.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store.h"

namespace mpd {
namespace {

using ::testing::HasSubstr;

constexpr size_t kWhole = 1 << 30;

StoreTransaction PutOf(const std::string& key, const std::string& value) {
  return {{}, {{StoreOp::Type::kPut, key, value}}};
}

class SqliteStoreFaultsTest : public ::testing::Test {
 protected:
  SqliteStoreFaultsTest() {
    std::string pattern = ::testing::TempDir() + "sqlite_store_faults_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.path = folder_ + "/store";
    // A log that is as long as it gets would neither fill the disk nor be torn.
    options_.log_bytes = 0;
  }
  ~SqliteStoreFaultsTest() override { std::filesystem::remove_all(folder_); }

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
    const absl::StatusOr<std::string> before = ReadFile(options_.path, kWhole);
    const absl::Status status = OpenSqliteStore(options_).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(ErrorReason(status), "STORE_DAMAGED");
    EXPECT_THAT(status.message(), HasSubstr(text));
    EXPECT_THAT(status.message(), HasSubstr(options_.path));
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

TEST_F(SqliteStoreFaultsTest, OneOpenerAtATime) {
  std::unique_ptr<Store> store = Open();
  const absl::Status second = OpenSqliteStore(options_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
  EXPECT_EQ(ErrorReason(second), "STORE_LOCKED");
  EXPECT_EQ(ErrorMetadataValue(second, "path"), options_.path);
  store.reset();
  EXPECT_TRUE(OpenSqliteStore(options_).ok());
}

TEST_F(SqliteStoreFaultsTest, FilesAreForTheOwnerOnly) {
  const std::unique_ptr<Store> store = Open();
  ASSERT_TRUE(store->CommitAndWait(PutOf("k", "")).ok());
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat found = {};
    ASSERT_EQ(stat((options_.path + suffix).c_str(), &found), 0) << suffix;
    EXPECT_EQ(found.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteStoreFaultsTest, NotADatabase) {
  Write("", std::string(8192, 'x'));
  ExpectDamaged("not a database");
}

TEST_F(SqliteStoreFaultsTest, EmptyFileIsNoNewStore) {
  Write("", "");
  ExpectDamaged("not a store");
}

TEST_F(SqliteStoreFaultsTest, SomebodyElsesDatabase) {
  Sql("CREATE TABLE theirs (x)");
  ExpectDamaged("not a store");
}

TEST_F(SqliteStoreFaultsTest, NewerSchema) {
  MakeStore(1);
  Sql("PRAGMA user_version = 2");
  ExpectDamaged("its version is 2");
}

TEST_F(SqliteStoreFaultsTest, MetaAndLogContradict) {
  MakeStore(3);
  Sql("DELETE FROM log WHERE revision = 3; UPDATE meta SET compact_revision = 3");
  ExpectDamaged("contradict");
}

TEST_F(SqliteStoreFaultsTest, MetaIsEmpty) {
  MakeStore(1);
  Sql("DELETE FROM meta");
  ExpectDamaged("meta table is empty");
}

TEST_F(SqliteStoreFaultsTest, OverwrittenPages) {
  MakeStore();
  std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(3 * 4096);
  file << std::string(4 * 4096, '\x7f');
  file.close();
  ExpectDamaged("");
}

TEST_F(SqliteStoreFaultsTest, CutOffFile) {
  MakeStore();
  std::filesystem::resize_file(options_.path, std::filesystem::file_size(options_.path) / 2);
  ExpectDamaged("");
}

TEST_F(SqliteStoreFaultsTest, LogWithoutItsFile) {
  Write("-wal", "what was acknowledged");
  ExpectDamaged("-wal");
}

TEST_F(SqliteStoreFaultsTest, CreationThatWasInterruptedBeginsAnew) {
  Write(".new", "half a file");
  EXPECT_NE(Open(), nullptr);
}

// What a crash leaves is what the files hold while the store is open.
TEST_F(SqliteStoreFaultsTest, TornLogTailLosesOnlyTheTail) {
  const std::unique_ptr<Store> store = Open();
  for (int i = 1; i <= 50; ++i) {
    ASSERT_TRUE(store->CommitAndWait(PutOf("k", std::to_string(i))).ok());
  }
  const std::string source = options_.path;
  const auto wal_size = static_cast<int64_t>(std::filesystem::file_size(source + "-wal"));
  options_.path = folder_ + "/crashed";
  int64_t newest = 50;
  for (const int64_t cut : {0, 1, 5'000, 100'000}) {
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(source + suffix, options_.path + suffix,
                                 std::filesystem::copy_options::overwrite_existing);
    }
    std::filesystem::resize_file(options_.path + "-wal", static_cast<uintmax_t>(wal_size - cut));
    const std::unique_ptr<Store> crashed = Open();
    ASSERT_NE(crashed, nullptr) << cut;
    const int64_t revision = crashed->revision();
    EXPECT_LE(revision, newest);
    EXPECT_TRUE(cut != 0 || revision == 50) << "whole, so nothing may be lost: " << revision;
    newest = revision;
    ASSERT_GT(revision, 0);
    EXPECT_EQ(crashed->Range({}).value().kvs.at(0).value, std::to_string(revision));
    EXPECT_EQ(crashed->CommitAndWait(PutOf("k", "on")).value().revision, revision + 1);
  }
}

TEST_F(SqliteStoreFaultsTest, ALogMadeInAdvanceHoldsWhatACrashLeaves) {
  options_.log_bytes = 1 << 20;
  const std::unique_ptr<Store> store = Open();
  EXPECT_EQ(std::filesystem::file_size(options_.path + "-wal"), 1u << 20);
  const std::string source = options_.path;
  options_.path = folder_ + "/crashed";
  for (int i = 1; i <= 3; ++i) {
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(source + suffix, options_.path + suffix,
                                 std::filesystem::copy_options::overwrite_existing);
    }
    EXPECT_EQ(Open()->revision(), i - 1);
    ASSERT_TRUE(store->CommitAndWait(PutOf("k", std::to_string(i))).ok());
  }
}

TEST_F(SqliteStoreFaultsTest, AbsentFolder) {
  options_.path = folder_ + "/absent/store";
  const absl::Status status = OpenSqliteStore(options_).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr(options_.path));
}

// Runs `body` in a process of its own and returns its exit code.
int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(SqliteStoreFaultsTest, FolderOfAnotherUser) {
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  const int code = InChild([this] {
    // Root may write anywhere.
    if (geteuid() == 0 && setuid(65534) != 0) return 100;
    return static_cast<int>(OpenSqliteStore(options_).status().code());
  });
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  EXPECT_EQ(code, static_cast<int>(absl::StatusCode::kPermissionDenied));
}

// Commits with four threads, telling of each acknowledged one as "<key> <revision>\n", for ever.
[[noreturn]] void CommitUntilKilled(const SqliteStoreOptions& options, int round, int out) {
  const std::unique_ptr<Store> store = OpenSqliteStore(options).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, round, out, t] {
      for (int i = 0;; ++i) {
        const std::string key = absl::StrCat("k", round, "/", t, "/", i);
        const int64_t revision = store->CommitAndWait(PutOf(key, key)).value().revision;
        const std::string line = absl::StrCat(key, " ", revision, "\n");
        if (write(out, line.data(), line.size()) < 0) _exit(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(0);
}

TEST_F(SqliteStoreFaultsTest, NothingAcknowledgedIsLostWhenKilled) {
  std::map<std::string, int64_t> acknowledged;
  for (int round = 1; round <= 3; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0) CommitUntilKilled(options_, round, pipe_ends[1]);
    close(pipe_ends[1]);
    FILE* lines = fdopen(pipe_ends[0], "r");
    char key[64];
    long long revision = 0;
    int count = 0;
    while (fscanf(lines, "%63s %lld", key, &revision) == 2) {
      acknowledged[key] = revision;
      if (++count == 100 * round) kill(child, SIGKILL);
    }
    fclose(lines);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended before it was killed";

    const std::unique_ptr<Store> store = Open();
    std::map<std::string, int64_t> found;
    const RangeResponse range = store->Range({}).value();
    for (const KeyValue& kv : range.kvs) found[kv.key] = kv.mod_revision;
    for (const auto& [acked_key, acked_revision] : acknowledged) {
      ASSERT_EQ(found[acked_key], acked_revision) << acked_key;
    }
  }
}

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

TEST_F(SqliteStoreFaultsTest, FullDiskRefusesAndRecovers) {
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

TEST_F(SqliteStoreFaultsTest, FullQueueRefusesAtOnce) {
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

TEST_F(SqliteStoreFaultsTest, OldHistoryIsForgottenByItself) {
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

TEST_F(SqliteStoreFaultsTest, YoungHistoryStaysHoweverMuchItIs) {
  options_.keep_revisions = 1;
  options_.compact_interval = absl::Milliseconds(1);
  const std::unique_ptr<Store> store = Open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(store->CommitAndWait(PutOf("k", "")).ok());
  EXPECT_EQ(store->compact_revision(), 0);
  EXPECT_EQ(store->ReadEvents("", 1, 0).value().events.size(), 50u);
}

}  // namespace
}  // namespace mpd
