#include "common/store/sqlite/sqlite_log_writer.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/store_errors.h"

namespace mpd {
namespace {

constexpr size_t kMaxKeyBytes = 4 * 1024;
constexpr size_t kMaxTransactionBytes = 4 * 1024 * 1024;
constexpr size_t kMaxOps = 10'000;

// Checked before the database sees it: what it refuses would fail the others of the batch too.
absl::Status Check(const StoreTransaction& transaction) {
  if (transaction.ops.size() > kMaxOps || transaction.compares.size() > kMaxOps) {
    return StoreErrors::InvalidTransaction("it has more than 10000 operations or comparisons");
  }
  size_t bytes = 0;
  absl::InlinedVector<absl::string_view, 8> keys;
  for (const StoreOp& op : transaction.ops) {
    if (op.key.empty() || op.key.size() > kMaxKeyBytes) {
      return StoreErrors::InvalidTransaction("a key must have 1 to 4096 bytes");
    }
    bytes += op.key.size() + op.value.size();
    keys.push_back(op.key);
  }
  if (bytes > kMaxTransactionBytes) {
    return StoreErrors::InvalidTransaction("it is larger than 4 MiB");
  }
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) {
    return StoreErrors::InvalidTransaction("a key occurs in it twice");
  }
  return absl::OkStatus();
}

}  // namespace

SqliteLogWriter::SqliteLogWriter(std::unique_ptr<SqliteDb> db, int64_t revision)
    : db_(std::move(db)), revision_(revision) {}

absl::StatusOr<std::unique_ptr<SqliteLogWriter>> SqliteLogWriter::Open(const std::string& path,
                                                                       int64_t revision) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDb> db, SqliteDb::Open(path));
  // The -wal file keeps its greatest size otherwise.
  RETURN_IF_ERROR(db->Exec("PRAGMA journal_size_limit = 67108864"));
  auto writer = std::unique_ptr<SqliteLogWriter>(new SqliteLogWriter(std::move(db), revision));
  RETURN_IF_ERROR(writer->PrepareStatements());
  return writer;
}

absl::Status SqliteLogWriter::PrepareStatements() {
  ASSIGN_OR_RETURN(find_, db_->Prepare("SELECT revision, create_revision, deleted, value FROM log "
                                       "WHERE key = ? ORDER BY prev_revision DESC LIMIT 1"));
  ASSIGN_OR_RETURN(insert_, db_->Prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  ASSIGN_OR_RETURN(set_compact_, db_->Prepare("UPDATE meta SET compact_revision = ?"));
  ASSIGN_OR_RETURN(set_swept_, db_->Prepare("UPDATE meta SET swept_revision = ?"));
  ASSIGN_OR_RETURN(scan_, db_->Prepare("SELECT revision, sub, key, prev_revision, deleted FROM log "
                                       "WHERE revision BETWEEN ? AND ? ORDER BY revision, sub"));
  ASSIGN_OR_RETURN(remove_older_,
                   db_->Prepare("DELETE FROM log WHERE key = ? AND prev_revision < ?"));
  ASSIGN_OR_RETURN(remove_deletion_,
                   db_->Prepare("DELETE FROM log WHERE revision = ? AND sub = ?"));
  ASSIGN_OR_RETURN(time_of_, db_->Prepare("SELECT commit_time_ms FROM log WHERE revision <= ? "
                                          "ORDER BY revision DESC, sub DESC LIMIT 1"));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TransactionResult>> SqliteLogWriter::Apply(
    std::vector<StoreTransaction> transactions, int64_t now_ms) {
  std::vector<TransactionResult> results(transactions.size());
  const int64_t before = revision_;
  const absl::Status status = db_->InTransaction("BEGIN IMMEDIATE", [&]() -> absl::Status {
    for (size_t i = 0; i < transactions.size(); ++i) {
      RETURN_IF_ERROR(Evaluate(transactions[i], now_ms, results[i]));
    }
    return absl::OkStatus();
  });
  if (status.ok()) return results;
  revision_ = before;
  return status;
}

absl::Status SqliteLogWriter::Evaluate(StoreTransaction& transaction, int64_t now_ms,
                                       TransactionResult& result) {
  if (absl::Status valid = Check(transaction); !valid.ok()) {
    result.response = std::move(valid);
    return absl::OkStatus();
  }
  found_.clear();
  ASSIGN_OR_RETURN(const bool holds, AllHold(transaction.compares, found_));
  if (holds) {
    result.events.reserve(transaction.ops.size());
    for (size_t i = 0; i < transaction.ops.size(); ++i) {
      StoreOp& op = transaction.ops[i];
      // As a rule the comparisons are about the same keys, in the same order.
      const bool compared = i < found_.size() && transaction.compares[i].key == op.key;
      RETURN_IF_ERROR(ApplyOp(op, compared ? &found_[i] : nullptr, now_ms, result));
    }
  }
  if (!result.events.empty()) ++revision_;
  result.response = CommitResponse{.succeeded = holds, .revision = revision_};
  return absl::OkStatus();
}

absl::StatusOr<bool> SqliteLogWriter::AllHold(const std::vector<StoreCompare>& compares,
                                              std::vector<Latest>& found) {
  for (const StoreCompare& compare : compares) {
    ASSIGN_OR_RETURN(found.emplace_back(), Find(compare.key, /*with_value=*/false));
    if (found.back().mod_revision() != compare.mod_revision) return false;
  }
  return true;
}

absl::StatusOr<SqliteLogWriter::Latest> SqliteLogWriter::Find(absl::string_view key,
                                                              bool with_value) {
  find_.Bind(key);
  ASSIGN_OR_RETURN(const bool found, find_.Step());
  Latest latest;
  if (!found) return latest;
  latest.revision = find_.Int(0);
  latest.create_revision = find_.Int(1);
  latest.deleted = find_.Int(2) != 0;
  if (with_value) latest.value = std::string(find_.Bytes(3));
  find_.Reset();
  return latest;
}

absl::Status SqliteLogWriter::ApplyOp(StoreOp& op, const Latest* known, int64_t now_ms,
                                      TransactionResult& result) {
  const bool put = op.type == StoreOp::Type::kPut;
  Latest latest;
  if (put && known != nullptr) {
    latest = *known;
  } else {
    ASSIGN_OR_RETURN(latest, Find(op.key, /*with_value=*/!put));
  }
  const bool exists = latest.mod_revision() != 0;
  if (!put && !exists) return absl::OkStatus();

  StoreEvent event;
  event.type = put ? StoreEvent::Type::kPut : StoreEvent::Type::kDelete;
  event.kv.key = std::move(op.key);
  event.kv.value = put ? std::move(op.value) : std::move(latest.value);
  event.kv.mod_revision = revision_ + 1;
  event.kv.create_revision = exists ? latest.create_revision : event.kv.mod_revision;
  insert_.Bind(event.kv.mod_revision, static_cast<int64_t>(result.events.size()),
               absl::string_view(event.kv.key), event.kv.create_revision, latest.revision,
               int64_t{put ? 0 : 1}, now_ms, absl::string_view(event.kv.value));
  RETURN_IF_ERROR(insert_.Run());
  result.events.push_back(std::move(event));
  return absl::OkStatus();
}

absl::Status SqliteLogWriter::SetCompactRevision(int64_t revision) {
  return db_->InTransaction("BEGIN IMMEDIATE", [&]() -> absl::Status {
    set_compact_.Bind(revision);
    return set_compact_.Run();
  });
}

absl::StatusOr<int64_t> SqliteLogWriter::Sweep(int64_t swept_revision, int64_t compact_revision,
                                               int64_t max_rows) {
  int64_t reached = compact_revision;
  const absl::Status status = db_->InTransaction("BEGIN IMMEDIATE", [&]() -> absl::Status {
    const absl::Cleanup reset = [this] { scan_.Reset(); };
    // From the last one again: its deletions had to stay as long as it was the compact revision.
    scan_.Bind(swept_revision, compact_revision);
    for (int64_t rows = 0;; ++rows) {
      ASSIGN_OR_RETURN(const bool found, scan_.Step());
      if (!found) break;
      if (rows >= max_rows && scan_.Int(0) > swept_revision + 1) {
        reached = scan_.Int(0) - 1;
        break;
      }
      RETURN_IF_ERROR(SweepRow(compact_revision));
    }
    set_swept_.Bind(reached);
    return set_swept_.Run();
  });
  if (!status.ok()) return status;
  return reached;
}

// Ascending revisions make this safe to interrupt: when a deletion's row goes, nothing older of its
// key is left that would come to life again.
absl::Status SqliteLogWriter::SweepRow(int64_t compact_revision) {
  const int64_t revision = scan_.Int(0);
  const int64_t sub = scan_.Int(1);
  const std::string key(scan_.Bytes(2));
  const int64_t prev_revision = scan_.Int(3);
  const bool deleted = scan_.Int(4) != 0;
  if (prev_revision != 0) {
    remove_older_.Bind(absl::string_view(key), prev_revision);
    RETURN_IF_ERROR(remove_older_.Run());
  }
  // A watch may begin at the compact revision: its events stay.
  if (!deleted || revision >= compact_revision) return absl::OkStatus();
  remove_deletion_.Bind(revision, sub);
  return remove_deletion_.Run();
}

absl::StatusOr<int64_t> SqliteLogWriter::RevisionBefore(int64_t time_ms, int64_t newest) {
  // Of the revisions in (low, high] the answer is the last that is old enough.
  int64_t low = 0;
  int64_t high = newest;
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    time_of_.Bind(middle);
    ASSIGN_OR_RETURN(const bool found, time_of_.Step());
    const bool old_enough = !found || time_of_.Int(0) < time_ms;
    time_of_.Reset();
    if (old_enough) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace mpd
