// The one connection that changes the store's log.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_LOG_WRITER_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_LOG_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/store/sqlite/sqlite_db.h"
#include "common/store/store.h"

namespace mpd {

struct TransactionResult {
  absl::StatusOr<CommitResponse> response = CommitResponse{};
  // What happened, at response->revision; empty where nothing did.
  std::vector<StoreEvent> events;
};

// For one thread.
class SqliteLogWriter {
 public:
  // `revision` is the newest in the file.
  static absl::StatusOr<std::unique_ptr<SqliteLogWriter>> Open(const std::string& path,
                                                               int64_t revision);

  // Evaluates the transactions in order, each on top of those before it, and makes all of them
  // durable at once. On an error none has happened. Keys and values are moved into the events.
  absl::StatusOr<std::vector<TransactionResult>> Apply(std::vector<StoreTransaction> transactions,
                                                       int64_t now_ms);

  absl::Status SetCompactRevision(int64_t revision);

  // Removes rows that nobody may ask for once `compact_revision` is set, going through the log from
  // `swept_revision`, about `max_rows` of it. Returns how far it got: compact_revision at the end.
  absl::StatusOr<int64_t> Sweep(int64_t swept_revision, int64_t compact_revision, int64_t max_rows);

  // The newest revision committed before this time, but not beyond `newest`; 0 where there is none.
  absl::StatusOr<int64_t> RevisionBefore(int64_t time_ms, int64_t newest);

  int64_t revision() const { return revision_; }

 private:
  // A key's latest row.
  struct Latest {
    int64_t revision = 0;  // 0: none
    int64_t create_revision = 0;
    bool deleted = false;
    std::string value;  // only where asked for

    int64_t mod_revision() const { return deleted ? 0 : revision; }
  };

  explicit SqliteLogWriter(std::unique_ptr<SqliteDb> db, int64_t revision);
  absl::Status PrepareStatements();

  absl::Status Evaluate(StoreTransaction& transaction, int64_t now_ms, TransactionResult& result);
  // Appends what it finds to `found`, for ApplyOp.
  absl::StatusOr<bool> AllHold(const std::vector<StoreCompare>& compares,
                               std::vector<Latest>& found);
  absl::StatusOr<Latest> Find(absl::string_view key, bool with_value);
  // `known`: the key's latest row without its value, where that has been looked up.
  absl::Status ApplyOp(StoreOp& op, const Latest* known, int64_t now_ms, TransactionResult& result);
  // What Sweep does for one row of the log.
  absl::Status SweepRow(int64_t compact_revision);

  const std::unique_ptr<SqliteDb> db_;
  // Of what is committed; while Apply runs, of what it has evaluated.
  int64_t revision_;
  // Evaluate's, kept for its memory.
  std::vector<Latest> found_;
  SqliteStatement find_{nullptr, nullptr};
  SqliteStatement insert_{nullptr, nullptr};
  SqliteStatement set_compact_{nullptr, nullptr};
  SqliteStatement set_swept_{nullptr, nullptr};
  SqliteStatement scan_{nullptr, nullptr};
  SqliteStatement remove_older_{nullptr, nullptr};
  SqliteStatement remove_deletion_{nullptr, nullptr};
  SqliteStatement time_of_{nullptr, nullptr};
};

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_LOG_WRITER_H_
