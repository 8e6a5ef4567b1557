#include "common/store/sqlite/sqlite_log_writer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/store/sqlite/sqlite_log_reader.h"
#include "common/store/sqlite/sqlite_schema.h"

namespace mpd {
namespace {

class SqliteLogWriterTest : public ::testing::Test {
 protected:
  SqliteLogWriterTest() {
    std::string pattern = ::testing::TempDir() + "sqlite_log_writer_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/store";
    Reopen();
  }
  ~SqliteLogWriterTest() override {
    writer_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Reopen() {
    writer_.reset();
    state_ = PrepareStoreFile(path_).value();
    writer_ = SqliteLogWriter::Open(path_, state_.revision).value();
  }

  int64_t Apply(StoreOp::Type type, const std::string& key, const std::string& value,
                int64_t now_ms = 0) {
    std::vector<StoreTransaction> transactions;
    transactions.push_back({{}, {{type, key, value}}});
    return writer_->Apply(std::move(transactions), now_ms).value().at(0).response->revision;
  }

  std::string Read(int64_t revision) {
    const std::unique_ptr<SqliteLogReader> reader = SqliteLogReader::Open(path_).value();
    const RangeResponse response = reader->Range({.revision = revision}).value();
    std::string text;
    for (const KeyValue& kv : response.kvs) {
      absl::StrAppend(&text, kv.key, "=", kv.value, "@", kv.mod_revision, " ");
    }
    return text;
  }

  std::string folder_;
  std::string path_;
  StoreFileState state_;
  std::unique_ptr<SqliteLogWriter> writer_;
};

TEST_F(SqliteLogWriterTest, EachSeesThoseBeforeItInTheBatch) {
  std::vector<StoreTransaction> batch;
  batch.push_back({{{"k", 0}}, {{StoreOp::Type::kPut, "k", "first"}}});
  batch.push_back({{{"k", 0}}, {{StoreOp::Type::kPut, "k", "second"}}});
  batch.push_back({{{"k", 1}}, {{StoreOp::Type::kDelete, "k"}}});
  batch.push_back({{{"k", 0}}, {{StoreOp::Type::kPut, "k", "third"}}});
  const std::vector<TransactionResult> results = writer_->Apply(std::move(batch), 0).value();
  EXPECT_TRUE(results[0].response->succeeded);
  EXPECT_FALSE(results[1].response->succeeded);
  EXPECT_TRUE(results[2].response->succeeded);
  EXPECT_TRUE(results[3].response->succeeded);
  EXPECT_EQ(writer_->revision(), 3);
  EXPECT_EQ(Read(1), "k=first@1 ");
  EXPECT_EQ(Read(2), "");
  EXPECT_EQ(Read(3), "k=third@3 ");
}

// A program that ends anywhere within a compaction leaves what reads right, and goes on later.
TEST_F(SqliteLogWriterTest, ASweepMayStopAnywhere) {
  const auto put = StoreOp::Type::kPut;
  const auto del = StoreOp::Type::kDelete;
  Apply(put, "a", "1");  // 1
  Apply(put, "b", "1");  // 2
  Apply(del, "a", "");   // 3
  Apply(put, "c", "1");  // 4
  Apply(put, "a", "2");  // 5
  Apply(put, "b", "2");  // 6
  Apply(del, "c", "");   // 7
  Apply(put, "d", "1");  // 8
  Apply(del, "a", "");   // 9
  Apply(put, "b", "3");  // 10
  for (const int64_t compact : {4, 7, 10}) {
    const std::string at_compact = Read(compact);
    const std::string now = Read(10);
    ASSERT_TRUE(writer_->SetCompactRevision(compact).ok());
    int64_t swept = state_.swept_revision;
    for (int steps = 0; swept < compact; ++steps) {
      ASSERT_LT(steps, 20) << "no progress at " << swept;
      swept = writer_->Sweep(swept, compact, 1).value();
      Reopen();
      EXPECT_EQ(state_.swept_revision, swept);
      EXPECT_EQ(state_.compact_revision, compact);
      EXPECT_EQ(Read(compact), at_compact) << compact << " swept to " << swept;
      EXPECT_EQ(Read(10), now);
    }
  }
  EXPECT_EQ(Read(10), "b=3@10 d=1@8 ");
}

TEST_F(SqliteLogWriterTest, FindsTheRevisionBeforeATime) {
  EXPECT_EQ(writer_->RevisionBefore(1'000, 0).value(), 0);
  for (int i = 1; i <= 20; ++i) Apply(StoreOp::Type::kPut, "k", "", i * 100);
  EXPECT_EQ(writer_->RevisionBefore(100, 20).value(), 0);
  EXPECT_EQ(writer_->RevisionBefore(101, 20).value(), 1);
  EXPECT_EQ(writer_->RevisionBefore(1'050, 20).value(), 10);
  EXPECT_EQ(writer_->RevisionBefore(9'999, 20).value(), 20);
  EXPECT_EQ(writer_->RevisionBefore(9'999, 7).value(), 7);
}

}  // namespace
}  // namespace mpd
