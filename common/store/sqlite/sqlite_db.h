// SQLite's C interface with owners for its handles and absl::Status for its result codes. One
// connection and its statements belong to one thread at a time.
#ifndef MPD_COMMON_STORE_SQLITE_SQLITE_DB_H_
#define MPD_COMMON_STORE_SQLITE_SQLITE_DB_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace mpd {

// DATA_LOSS (STORE_DAMAGED), PERMISSION_DENIED or UNAVAILABLE (STORE_UNAVAILABLE) for a result code
// of SQLite's other than OK, ROW and DONE.
absl::Status SqliteError(int result, const std::string& path);

// A prepared statement, for any number of executions.
class SqliteStatement {
 public:
  SqliteStatement(sqlite3_stmt* handle, const std::string* path) : handle_(handle), path_(path) {}

  // Begins an execution with these parameters: integers, or string_views, as blobs, whose bytes
  // must stay until Reset.
  template <typename... Args>
  void Bind(const Args&... args) {
    Reset();
    int index = 0;
    (BindOne(++index, args), ...);
  }
  // True: there is a row. Resets itself at the end and on an error.
  absl::StatusOr<bool> Step();
  // For statements without rows.
  absl::Status Run() { return Step().status(); }
  // Needed where the rows were not read to the end: a statement under way holds its snapshot.
  void Reset();

  // Of the present row; the bytes are good until the next Step or Reset.
  int64_t Int(int column) const;
  absl::string_view Bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };

  void BindOne(int index, int64_t value);
  void BindOne(int index, absl::string_view value);

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  const std::string* path_;
};

class SqliteDb {
 public:
  // An existing file, for reading and writing. What was committed is synchronous (FULL).
  static absl::StatusOr<std::unique_ptr<SqliteDb>> Open(const std::string& path);
  // Leaves file and -wal as they are, damage included.
  static absl::StatusOr<std::unique_ptr<SqliteDb>> OpenReadOnly(const std::string& path);

  // One or more statements without parameters.
  absl::Status Exec(const std::string& sql);
  // Runs `body` between BEGIN and COMMIT; rolls back when it or the commit fails. `begin` is
  // "BEGIN" for reading one snapshot, "BEGIN IMMEDIATE" for writing.
  absl::Status InTransaction(const char* begin, absl::FunctionRef<absl::Status()> body);
  absl::StatusOr<SqliteStatement> Prepare(absl::string_view sql);
  // The first column of the first row; NOT_FOUND without a row.
  absl::StatusOr<int64_t> QueryInt(absl::string_view sql);
  absl::StatusOr<std::string> QueryText(absl::string_view sql);

  const std::string& path() const { return path_; }

 private:
  struct CloseDb {
    void operator()(sqlite3* handle) const;
  };

  static absl::StatusOr<std::unique_ptr<SqliteDb>> OpenHandle(const std::string& path, int flags);
  SqliteDb(sqlite3* handle, const std::string& path) : path_(path), handle_(handle) {}

  const std::string path_;
  std::unique_ptr<sqlite3, CloseDb> handle_;
  // InTransaction's, compiled once for the kind of transaction that it is asked for.
  std::string begin_text_;
  SqliteStatement begin_{nullptr, nullptr};
  SqliteStatement commit_{nullptr, nullptr};
};

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_SQLITE_DB_H_
