#include "common/store/sqlite/sqlite_db.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/store_errors.h"

namespace mpd {
namespace {

// Only other connections of this process are waited for: another process is kept out by the lock.
constexpr int kBusyMilliseconds = 5'000;

}  // namespace

absl::Status SqliteError(int result, const std::string& path) {
  const std::string problem = absl::StrCat(sqlite3_errstr(result), " (SQLite result ", result, ")");
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StoreErrors::Damaged(path, problem);
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return StoreErrors::NotPermitted(path, problem);
    default:
      return StoreErrors::Unavailable(path, problem);
  }
}

void SqliteStatement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

absl::StatusOr<bool> SqliteStatement::Step() {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  Reset();
  if (result == SQLITE_DONE) return false;
  return SqliteError(result, *path_);
}

// The result repeats that of the last step, which has been reported.
void SqliteStatement::Reset() { sqlite3_reset(handle_.get()); }

int64_t SqliteStatement::Int(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

absl::string_view SqliteStatement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {static_cast<const char*>(data), static_cast<size_t>(size)};
}

void SqliteStatement::BindOne(int index, int64_t value) {
  sqlite3_bind_int64(handle_.get(), index, value);
}

void SqliteStatement::BindOne(int index, absl::string_view value) {
  // A null pointer would bind NULL, not the empty blob.
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_blob64(handle_.get(), index, data, value.size(), SQLITE_STATIC);
}

void SqliteDb::CloseDb::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

absl::StatusOr<std::unique_ptr<SqliteDb>> SqliteDb::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDb> db, OpenHandle(path, SQLITE_OPEN_READWRITE));
  RETURN_IF_ERROR(db->Exec("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"));
  return db;
}

absl::StatusOr<std::unique_ptr<SqliteDb>> SqliteDb::OpenReadOnly(const std::string& path) {
  return OpenHandle(path, SQLITE_OPEN_READONLY);
}

absl::StatusOr<std::unique_ptr<SqliteDb>> SqliteDb::OpenHandle(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  // A handle comes with an error too.
  auto db = std::unique_ptr<SqliteDb>(new SqliteDb(handle, path));
  if (result != SQLITE_OK) return SqliteError(result, path);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  return db;
}

absl::Status SqliteDb::Exec(const std::string& sql) {
  const int result = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : SqliteError(result, path_);
}

absl::Status SqliteDb::InTransaction(const char* begin, absl::FunctionRef<absl::Status()> body) {
  if (begin_text_ != begin) {
    ASSIGN_OR_RETURN(begin_, Prepare(begin));
    ASSIGN_OR_RETURN(commit_, Prepare("COMMIT"));
    begin_text_ = begin;
  }
  RETURN_IF_ERROR(begin_.Run());
  absl::Status status = body();
  if (status.ok()) status = commit_.Run();
  // Some errors have rolled back already.
  if (!status.ok() && sqlite3_get_autocommit(handle_.get()) == 0) Exec("ROLLBACK").IgnoreError();
  return status;
}

absl::StatusOr<SqliteStatement> SqliteDb::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return SqliteError(result, path_);
  return SqliteStatement(statement, &path_);
}

absl::StatusOr<int64_t> SqliteDb::QueryInt(absl::string_view sql) {
  ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return absl::NotFoundError("no row");
  return statement.Int(0);
}

absl::StatusOr<std::string> SqliteDb::QueryText(absl::string_view sql) {
  ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return absl::NotFoundError("no row");
  return std::string(statement.Bytes(0));
}

}  // namespace mpd
