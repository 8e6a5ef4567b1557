#include "common/store/sqlite/sqlite_tools.h"

#include <cerrno>
#include <functional>
#include <utility>

#include "common/base/files.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_check.h"
#include "common/store/sqlite/sqlite_copy.h"
#include "common/store/sqlite/sqlite_log_reader.h"
#include "common/store/sqlite/sqlite_schema.h"
#include "common/store/store_errors.h"

namespace mpd {
namespace {

constexpr int64_t kKeysAtOnce = 4'096;

class FileLock final : public StoreLock {
 public:
  explicit FileLock(std::unique_ptr<StoreFileLock> lock) : lock_(std::move(lock)) {}

 private:
  const std::unique_ptr<StoreFileLock> lock_;
};

// What each key holds now. The check has read the log by its primary key; this reads it by the
// index that serves the daemon.
absl::Status VisitValues(const std::string& path, StoreVisitor* visitor) {
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteLogReader> reader,
                   SqliteLogReader::OpenReadOnly(path));
  RangeRequest request;
  request.limit = kKeysAtOnce;
  while (true) {
    ASSIGN_OR_RETURN(const RangeResponse page, reader->Range(request));
    for (const KeyValue& kv : page.kvs) visitor->OnValue(kv);
    if (!page.more || page.kvs.empty()) return absl::OkStatus();
    request.start_after = page.kvs.back().key;
  }
}

class SqliteTools final : public StoreTools {
 public:
  explicit SqliteTools(std::string path) : path_(std::move(path)) {}

  const std::string& path() const override { return path_; }

  absl::Status Find() override {
    if (Exists(PendingRestorePath(path_))) return StoreErrors::RestoreInterrupted(path_);
    // What can't be looked at is not absent: whoever opens it is told why.
    const bool absent = !Exists(path_) && errno == ENOENT;
    return absent ? StoreErrors::NotFound(path_) : absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<StoreLock>> Lock() override {
    ASSIGN_OR_RETURN(std::unique_ptr<StoreFileLock> lock, StoreFileLock::Take(path_));
    return std::make_unique<FileLock>(std::move(lock));
  }

  absl::Status Check(StoreVisitor* visitor) override {
    RETURN_IF_ERROR(CheckSqliteStore(path_, visitor));
    const absl::Status read = VisitValues(path_, visitor);
    if (absl::IsDataLoss(read)) visitor->OnFinding(read.message());
    return read;
  }

  absl::Status Backup(const std::string& target, Verify verify) override {
    return BackupSqliteStore(path_, target, OfFile(verify));
  }

  absl::StatusOr<std::string> Restore(const std::string& backup, Verify verify) override {
    return RestoreSqliteStore(backup, path_, OfFile(verify));
  }

 private:
  // Of the file of a copy. Holds a reference: for as long as `verify` lives.
  static std::function<absl::Status(const std::string&)> OfFile(Verify verify) {
    return [verify](const std::string& copy) {
      SqliteTools tools(copy);
      return verify(tools);
    };
  }

  const std::string path_;
};

}  // namespace

std::unique_ptr<StoreTools> MakeSqliteStoreTools(std::string path) {
  return std::make_unique<SqliteTools>(std::move(path));
}

}  // namespace mpd
