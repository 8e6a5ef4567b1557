#include "ipam/maintenance/fsck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_copy.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/store/sqlite/sqlite_tools.h"
#include "common/testing/test_server.h"
#include "ipam/book/lease_book.h"
#include "ipam/leases/lease_record.h"
#include "ipam/testing/ipam_test_util.h"

namespace mpd::ipam {
namespace {

// A closed store with leases, a rest and remembered requests, written by the daemon's own code.
class FsckTest : public testing::Test {
 protected:
  FsckTest() : config_(Zone::Parse("mpd.test").value()) {
    config_.pools = DefaultPools();
    path_ = folder_.path() + "/ipam.db";
    const std::unique_ptr<Store> store = Open();
    WorkerThread worker;
    const auto book =
        LeaseBook::Open(store.get(), config_.pools, absl::Hours(1), &clock_, &worker).value();
    for (int i = 0; i < 5; ++i) {
      AllocateParams params;
      params.owner = absl::StrCat("db/d", i);
      params.pool = "databases";
      params.hostnames = {absl::StrCat("d", i, ".db")};
      params.request = {absl::StrCat("r", i), std::string(32, 'f')};
      book->Submit(MakeAllocation(params, [](absl::StatusOr<Outcome>) {}));
    }
    book->Submit(MakeRelease({"db/d0", {}}, [](absl::StatusOr<Outcome>) {}));
    EXPECT_TRUE(store->CommitAndWait({}).ok());
  }

  static std::unique_ptr<StoreTools> ToolsOf(const std::string& path) {
    return MakeSqliteStoreTools(path);
  }
  std::unique_ptr<Store> Open() { return OpenSqliteStore({.path = path_}).value(); }

  // Writes a record directly, which the daemon would not write.
  void Put(const std::string& key, const std::string& value) {
    const std::unique_ptr<Store> store = Open();
    ASSERT_TRUE(store->CommitAndWait({{}, {{StoreOp::Type::kPut, key, value}}}).ok());
  }

  void Sql(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  FsckReport Run() {
    const absl::StatusOr<FsckReport> report = Fsck(ToolsOf(path_).get(), &config_);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : FsckReport();
  }

  // Expects a finding of this kind whose sentence contains the text.
  void ExpectFinding(const std::string& text, Finding::Kind kind = Finding::Kind::kDamage) {
    const FsckReport report = Run();
    std::string all;
    for (const Finding& finding : report.findings) {
      if (finding.kind == kind && absl::StrContains(finding.text, text)) return;
      absl::StrAppend(&all, finding.text, "\n");
    }
    ADD_FAILURE() << "no finding with \"" << text << "\" in:\n" << all;
  }

  Lease LeaseAt(uint32_t offset, const std::string& owner) {
    return {owner, "databases", TestAddress(offset), {}, absl::FromUnixSeconds(1), 0};
  }

  TestFolder folder_;
  std::string path_;
  Config config_;
  FakeClock clock_;
};

TEST_F(FsckTest, AGoodStoreHasNoFindings) {
  const FsckReport report = Run();
  EXPECT_TRUE(report.complete);
  EXPECT_THAT(report.findings, testing::IsEmpty());
  EXPECT_EQ(report.leases, 4);
  EXPECT_EQ(report.resting, 1);
  EXPECT_EQ(report.requests, 5);
  EXPECT_EQ(report.revision, 6);
}

TEST_F(FsckTest, ACompactedStoreHasNoFindings) {
  SqliteStoreOptions options;
  options.path = path_;
  options.keep_revisions = 2;
  options.keep_age = absl::ZeroDuration();
  options.compact_interval = absl::Milliseconds(1);
  {
    const std::unique_ptr<Store> store = OpenSqliteStore(options).value();
    while (store->compact_revision() < 4) ASSERT_TRUE(store->CommitAndWait({}).ok());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(store->CommitAndWait({}).ok());
  }
  EXPECT_THAT(Run().findings, testing::IsEmpty());
}

TEST_F(FsckTest, ChangesNothing) {
  const std::unique_ptr<Store> running = Open();
  ASSERT_TRUE(running->CommitAndWait({{}, {{StoreOp::Type::kPut, "odd", ""}}}).ok());
  const std::string crashed = folder_.path() + "/crashed";
  for (const char* suffix : {"", "-wal"}) {
    std::filesystem::copy_file(path_ + suffix, crashed + suffix);
  }
  const auto size = std::filesystem::file_size(crashed);
  const auto log = std::filesystem::file_size(crashed + "-wal");
  path_ = crashed;
  ExpectFinding("key \"odd\" is of no known kind");
  EXPECT_EQ(std::filesystem::file_size(crashed), size);
  EXPECT_EQ(std::filesystem::file_size(crashed + "-wal"), log) << "the write-ahead log was changed";
}

TEST_F(FsckTest, AbsentStoreIsAnError) {
  EXPECT_EQ(ErrorReason(Fsck(ToolsOf(path_ + "x").get(), &config_).status()), "STORE_NOT_FOUND");
}

TEST_F(FsckTest, RecordsThatDoNotDecode) {
  Put("lease/db/x", "\xff");
  ExpectFinding("lease/db/x");
  Put("resting/nonsense", "");
  ExpectFinding("resting/nonsense");
  Put("request/q", "\xff");
  ExpectFinding("request/q");
}

TEST_F(FsckTest, TwoOwnersOfAnAddress) {
  Put(LeaseKey("db/thief"), EncodeLease(LeaseAt(32, "db/thief")));
  ExpectFinding("its address 10.163.0.32 is leased to db/d2 too");
}

TEST_F(FsckTest, TwoOwnersOfAHostname) {
  Lease lease = LeaseAt(50, "db/thief");
  lease.hostnames = {"d3.db", "not a name"};
  Put(LeaseKey("db/thief"), EncodeLease(lease));
  ExpectFinding("its hostname d3.db belongs to db/d3 too");
  ExpectFinding("\"not a name\" is no hostname");
}

TEST_F(FsckTest, InvalidOwners) {
  Put("lease/somebody", EncodeLease(LeaseAt(51, "somebody")));
  ExpectFinding("lease/somebody: its owner is none");
}

TEST_F(FsckTest, LeasesOutsideTheirPool) {
  Put(LeaseKey("db/far"), EncodeLease(LeaseAt(120, "db/far")));
  ExpectFinding("db/far at 10.163.0.120 in pool databases: outside the pool",
                Finding::Kind::kContradiction);
  const auto without_config = Fsck(ToolsOf(path_).get(), nullptr);
  EXPECT_THAT(without_config->findings, testing::IsEmpty());
}

TEST_F(FsckTest, ALeasedAddressThatRests) {
  Put(RestKey(TestAddress(31)), EncodeRest({TestAddress(31), "db/d1", absl::FromUnixSeconds(9)}));
  ExpectFinding("10.163.0.31 is leased to db/d1, so it can't rest");
}

TEST_F(FsckTest, ARequestWhoseReplyIsNotInTheLog) {
  RequestRecord record;
  record.fingerprint = std::string(32, 'f');
  record.time = absl::FromUnixSeconds(9);
  record.outcome = {LeaseAt(31, "db/d1"), 5};
  Put(RequestRecordKey("r9"), EncodeRequest(record));
  ExpectFinding("request/r9: it was answered with the lease of db/d1 at revision 5");
}

TEST_F(FsckTest, AGapInTheRevisions) {
  Sql("DELETE FROM log WHERE revision = 3");
  ExpectFinding("at revision 4 comes after 2: what is between is missing");
}

TEST_F(FsckTest, ChangesThatDoNotFollowEachOther) {
  Sql("UPDATE log SET create_revision = 2 WHERE revision = 6 AND deleted = 1");
  ExpectFinding("was created at 2 and not at 1");
}

TEST_F(FsckTest, RevisionsThatMetaContradicts) {
  Sql("UPDATE meta SET compact_revision = 99");
  ExpectFinding("contradict each other");
  EXPECT_FALSE(Run().complete);
}

TEST_F(FsckTest, AnIndexThatLacksARow) {
  // Declares the index in another order than that of its content, so that rows are not found in it,
  // as after the loss of one of its pages.
  Sql("PRAGMA writable_schema = ON; "
      "UPDATE sqlite_schema SET sql = replace(sql, 'DESC', 'ASC') WHERE name = 'log_by_key'");
  ExpectFinding("log_by_key");
}

TEST_F(FsckTest, ZeroedPages) {
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(2 * 4096);
  file << std::string(4096, '\0');
  file.close();
  EXPECT_FALSE(Run().findings.empty());
}

TEST_F(FsckTest, GarbageAndEmptyFiles) {
  std::ofstream(path_, std::ios::trunc) << std::string(8192, 'x');
  ExpectFinding("not a database");
  std::ofstream(path_, std::ios::trunc).close();
  ExpectFinding("the file is empty");
}

TEST_F(FsckTest, ABackupOfAStoreInUseIsWholeAndVerified) {
  const std::unique_ptr<Store> running = Open();
  const std::string target = folder_.path() + "/copy";
  int verified = 0;
  ASSERT_TRUE(BackupSqliteStore(path_, target, [&](const std::string& copy) -> absl::Status {
                ++verified;
                return Fsck(ToolsOf(copy).get(), &config_)->findings.empty()
                           ? absl::OkStatus()
                           : absl::DataLossError("findings");
              }).ok());
  EXPECT_EQ(verified, 1);
  ASSERT_TRUE(running->CommitAndWait({{}, {{StoreOp::Type::kPut, "later", ""}}}).ok());
  const std::string id = running->store_id();
  path_ = target;
  EXPECT_EQ(Run().revision, 6);
  EXPECT_EQ(std::filesystem::status(target).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(Open()->store_id(), id) << "a backup must not change the store's id";
}

TEST_F(FsckTest, ABackupThatIsNotVerifiedLeavesTheOldOne) {
  const std::string target = folder_.path() + "/copy";
  std::ofstream(target) << "yesterday's";
  const absl::Status refused = BackupSqliteStore(
      path_, target, [](const std::string&) { return absl::DataLossError("damaged"); });
  EXPECT_TRUE(absl::IsDataLoss(refused));
  EXPECT_EQ(std::filesystem::file_size(target), 11u);
  EXPECT_FALSE(std::filesystem::exists(target + ".unfinished"));
  EXPECT_EQ(ErrorReason(BackupSqliteStore(path_, path_,
                                          [](const std::string&) { return absl::OkStatus(); })),
            "INVALID_FIELD");
}

TEST_F(FsckTest, ARestoreIsAnotherStore) {
  const std::string copy = folder_.path() + "/copy";
  const auto fine = [](const std::string&) { return absl::OkStatus(); };
  ASSERT_TRUE(BackupSqliteStore(path_, copy, fine).ok());
  const std::string id = Open()->store_id();
  Put("odd", "since the backup");
  const absl::StatusOr<std::string> aside = RestoreSqliteStore(copy, path_, fine);
  ASSERT_TRUE(aside.ok()) << aside.status();
  EXPECT_THAT(Run().findings, testing::IsEmpty());
  EXPECT_NE(Open()->store_id(), id)
      << "revisions from after the backup must not be compared with those of the restored store";
  EXPECT_EQ(Open()->revision(), 6);
  path_ = *aside;
  ExpectFinding("odd");
}

TEST_F(FsckTest, ARestoreThatWasCutShortIsNoNewStore) {
  const std::string copy = folder_.path() + "/copy";
  const auto fine = [](const std::string&) { return absl::OkStatus(); };
  ASSERT_TRUE(BackupSqliteStore(path_, copy, fine).ok());
  // A restore that was interrupted after it had moved the old store away.
  std::filesystem::copy_file(copy, path_ + ".restore");
  std::filesystem::remove(path_);
  const absl::Status refused = OpenSqliteStore({.path = path_}).status();
  EXPECT_EQ(ErrorReason(refused), "RESTORE_INTERRUPTED");
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(RestoreSqliteStore(copy, path_, fine).ok());
  EXPECT_THAT(Run().findings, testing::IsEmpty());
  EXPECT_EQ(Open()->revision(), 6);
}

TEST_F(FsckTest, ADamagedBackupRestoresNothing) {
  const std::string copy = folder_.path() + "/copy";
  std::ofstream(copy) << std::string(8192, 'x');
  const auto fine = [](const std::string&) { return absl::OkStatus(); };
  EXPECT_TRUE(absl::IsDataLoss(RestoreSqliteStore(copy, path_, fine).status()));
  EXPECT_EQ(ErrorReason(RestoreSqliteStore(copy + "x", path_, fine).status()), "STORE_NOT_FOUND");
  EXPECT_THAT(Run().findings, testing::IsEmpty());
}

}  // namespace
}  // namespace mpd::ipam
