// Reads of the store's log, each from one snapshot of the file.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_LOG_READER_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_LOG_READER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/store/sqlite/sqlite_db.h"
#include "common/store/store.h"

namespace mpd {

// A connection of its own; for one thread at a time. The methods are Store's.
class SqliteLogReader {
 public:
  static absl::StatusOr<std::unique_ptr<SqliteLogReader>> Open(const std::string& path);
  // Leaves the files as they are.
  static absl::StatusOr<std::unique_ptr<SqliteLogReader>> OpenReadOnly(const std::string& path);

  absl::StatusOr<RangeResponse> Range(const RangeRequest& request);
  absl::StatusOr<EventBatch> ReadEvents(const std::string& prefix, int64_t from_revision,
                                        int64_t limit);

 private:
  struct Bounds {
    int64_t newest = 0;
    int64_t compacted = 0;
  };

  explicit SqliteLogReader(std::unique_ptr<SqliteDb> db) : db_(std::move(db)) {}
  static absl::StatusOr<std::unique_ptr<SqliteLogReader>> Prepared(std::unique_ptr<SqliteDb> db);
  absl::Status PrepareStatements();

  // Of the snapshot; inside of a transaction, as the rest.
  absl::StatusOr<Bounds> ReadBounds();
  absl::Status CollectRange(const RangeRequest& request, RangeResponse& response);
  absl::Status CollectEvents(const std::string& prefix, int64_t from_revision, int64_t limit,
                             EventBatch& batch);

  const std::unique_ptr<SqliteDb> db_;
  SqliteStatement newest_{nullptr, nullptr};
  SqliteStatement compacted_{nullptr, nullptr};
  SqliteStatement keys_{nullptr, nullptr};
  SqliteStatement events_{nullptr, nullptr};
};

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_LOG_READER_H_
