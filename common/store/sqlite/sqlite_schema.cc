#include "common/store/sqlite/sqlite_schema.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_db.h"
#include "common/store/store_errors.h"

namespace mpd {
namespace {

// "mpds": tells file(1) and us whose file it is.
constexpr int64_t kApplicationId = 0x6d706473;
constexpr int64_t kSchemaVersion = 1;
constexpr size_t kStoreIdBytes = 16;

constexpr absl::string_view kSchema = R"sql(
  CREATE TABLE log (
    revision INTEGER NOT NULL,
    sub INTEGER NOT NULL,
    key BLOB NOT NULL,
    create_revision INTEGER NOT NULL,
    prev_revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    commit_time_ms INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (revision, sub)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX log_by_key ON log (key, prev_revision DESC);
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id TEXT NOT NULL,
    compact_revision INTEGER NOT NULL,
    swept_revision INTEGER NOT NULL
  ) STRICT;
)sql";

absl::Status SystemError(const std::string& path, absl::string_view action, int error) {
  const std::string problem = absl::StrCat("cannot ", action, ": ", strerrordesc_np(error));
  return error == EACCES || error == EPERM || error == EROFS
             ? StoreErrors::NotPermitted(path, problem)
             : StoreErrors::Unavailable(path, problem);
}

absl::Status FillNewFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string store_id, NewStoreId());
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteDb> db, SqliteDb::Open(path));
  return db->InTransaction("BEGIN IMMEDIATE", [&]() -> absl::Status {
    RETURN_IF_ERROR(db->Exec(std::string(kSchema)));
    RETURN_IF_ERROR(db->Exec(absl::StrCat("PRAGMA application_id = ", kApplicationId)));
    RETURN_IF_ERROR(db->Exec(absl::StrCat("PRAGMA user_version = ", kSchemaVersion)));
    ASSIGN_OR_RETURN(SqliteStatement insert,
                     db->Prepare("INSERT INTO meta VALUES (1, CAST(? AS TEXT), 0, 0)"));
    insert.Bind(absl::string_view(store_id));
    return insert.Run();
  });
}

absl::Status CreateFile(const std::string& path) {
  // The log beside it may hold what was acknowledged; SQLite would throw it away.
  if (Exists(path + "-wal")) {
    return StoreErrors::Damaged(path, "the file is gone, but its -wal file is still there");
  }
  const std::string unfinished = path + ".new";
  unlink((unfinished + "-journal").c_str());
  RETURN_IF_ERROR(MakeEmptyFile(unfinished));
  RETURN_IF_ERROR(FillNewFile(unfinished));
  return RenameDurably(unfinished, path);
}

absl::Status CheckPages(SqliteDb& db) {
  ASSIGN_OR_RETURN(const std::string verdict, db.QueryText("PRAGMA quick_check(1)"));
  return verdict == "ok" ? absl::OkStatus() : StoreErrors::Damaged(db.path(), verdict);
}

}  // namespace

absl::StatusOr<std::string> NewStoreId() {
  char bytes[kStoreIdBytes];
  if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
    return absl::ErrnoToStatus(errno, "cannot get random bytes");
  }
  return absl::BytesToHexString(absl::string_view(bytes, sizeof(bytes)));
}

std::string PendingRestorePath(absl::string_view path) { return absl::StrCat(path, ".restore"); }

absl::Status CheckNotEmpty(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) return SystemError(path, "look at the file", errno);
  if (found.st_size > 0) return absl::OkStatus();
  return StoreErrors::Damaged(path, "it is not a store of this system: the file is empty");
}

// SQLite takes the mode of its further files from this one.
absl::Status MakeEmptyFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(path, "create the file", errno);
  close(fd);
  return absl::OkStatus();
}

absl::Status GiveToFolderOwner(const std::string& path) {
  struct stat folder;
  if (geteuid() != 0 || stat(FolderOf(path).c_str(), &folder) != 0) return absl::OkStatus();
  if (chown(path.c_str(), folder.st_uid, folder.st_gid) == 0) return absl::OkStatus();
  return SystemError(path, "set the owner of", errno);
}

absl::Status SyncFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  return synced ? absl::OkStatus() : SystemError(path, "sync the file", error);
}

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return SystemError(to, "rename into place", errno);
  const int fd = open(FolderOf(to).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  return synced ? absl::OkStatus() : SystemError(to, "sync the folder", error);
}

absl::Status CheckStoreIdentity(SqliteDb& db) {
  ASSIGN_OR_RETURN(const int64_t application, db.QueryInt("PRAGMA application_id"));
  if (application != kApplicationId) {
    return StoreErrors::Damaged(
        db.path(),
        absl::StrCat("it is not a store of this system (application id ", application, ")"));
  }
  ASSIGN_OR_RETURN(const int64_t version, db.QueryInt("PRAGMA user_version"));
  if (version == kSchemaVersion) return absl::OkStatus();
  return StoreErrors::Damaged(
      db.path(), absl::StrCat("its version is ", version, ", this program knows ", kSchemaVersion));
}

absl::StatusOr<StoreFileState> ReadStoreFileState(SqliteDb& db) {
  StoreFileState state;
  ASSIGN_OR_RETURN(state.store_id, db.QueryText("SELECT store_id FROM meta"));
  ASSIGN_OR_RETURN(state.compact_revision, db.QueryInt("SELECT compact_revision FROM meta"));
  ASSIGN_OR_RETURN(state.swept_revision, db.QueryInt("SELECT swept_revision FROM meta"));
  ASSIGN_OR_RETURN(state.revision, db.QueryInt("SELECT ifnull(max(revision), 0) FROM log"));
  if (state.store_id.size() != 2 * kStoreIdBytes || state.compact_revision > state.revision ||
      state.swept_revision > state.compact_revision) {
    return StoreErrors::Damaged(db.path(), "its meta table and its log contradict each other");
  }
  return state;
}

absl::StatusOr<std::unique_ptr<StoreFileLock>> StoreFileLock::Take(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(lock_path, "open the lock file", errno);
  auto lock = std::unique_ptr<StoreFileLock>(new StoreFileLock(fd));
  RETURN_IF_ERROR(GiveToFolderOwner(lock_path));
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return StoreErrors::Locked(path);
  return SystemError(lock_path, "lock", errno);
}

StoreFileLock::~StoreFileLock() { close(fd_); }

absl::StatusOr<StoreFileState> PrepareStoreFile(const std::string& path) {
  if (Exists(PendingRestorePath(path))) return StoreErrors::RestoreInterrupted(path);
  if (!Exists(path)) RETURN_IF_ERROR(CreateFile(path));
  RETURN_IF_ERROR(CheckNotEmpty(path));
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteDb> db, SqliteDb::Open(path));
  RETURN_IF_ERROR(CheckStoreIdentity(*db));
  RETURN_IF_ERROR(CheckPages(*db));
  ASSIGN_OR_RETURN(const std::string mode, db->QueryText("PRAGMA journal_mode = WAL"));
  if (mode != "wal") return StoreErrors::Unavailable(path, "the file system allows no WAL");
  absl::StatusOr<StoreFileState> state = ReadStoreFileState(*db);
  if (!absl::IsNotFound(state.status())) return state;
  return StoreErrors::Damaged(path, "its meta table is empty");
}

}  // namespace mpd
