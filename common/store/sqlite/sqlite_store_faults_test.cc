// What happens to the store's file, and to the store, when things go wrong around it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/store/sqlite/sqlite_store_test_util.h"

namespace mpd {
namespace {

using ::testing::HasSubstr;

using SqliteStoreFaultsTest = SqliteStoreFileTest;

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

}  // namespace
}  // namespace mpd
