#include "common/store/sqlite/sqlite_copy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_db.h"
#include "common/store/sqlite/sqlite_schema.h"
#include "common/store/store_errors.h"

namespace mpd {
namespace {

bool IsSameFile(const std::string& a, const std::string& b) {
  struct stat first;
  struct stat second;
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// One file without a -wal, whatever the source has. Not synced: SQLite leaves that to us.
absl::Status CopyInto(const std::string& source, const std::string& target) {
  if (!Exists(source)) return StoreErrors::NotFound(source);
  RETURN_IF_ERROR(CheckNotEmpty(source));
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteDb> db, SqliteDb::OpenReadOnly(source));
  RETURN_IF_ERROR(CheckStoreIdentity(*db));
  RETURN_IF_ERROR(MakeEmptyFile(target));
  ASSIGN_OR_RETURN(SqliteStatement copy, db->Prepare("VACUUM INTO CAST(? AS TEXT)"));
  copy.Bind(absl::string_view(target));
  return copy.Run();
}

absl::Status GiveNewId(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string store_id, NewStoreId());
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteDb> db, SqliteDb::Open(path));
  ASSIGN_OR_RETURN(SqliteStatement set, db->Prepare("UPDATE meta SET store_id = CAST(? AS TEXT)"));
  set.Bind(absl::string_view(store_id));
  return set.Run();
}

// Moves the old files aside, the log that belongs to one of them with it.
absl::StatusOr<std::string> MoveAside(const std::string& path) {
  if (!Exists(path) && !Exists(path + "-wal")) return "";
  const std::string aside =
      absl::StrCat(path, ".before-restore-",
                   absl::FormatTime("%Y%m%dT%H%M%E3SZ", absl::Now(), absl::UTCTimeZone()));
  for (const char* suffix : {"", "-wal"}) {
    if (!Exists(path + suffix)) continue;
    RETURN_IF_ERROR(RenameDurably(path + suffix, aside + suffix));
  }
  unlink((path + "-shm").c_str());  // made anew by whoever opens the file
  return aside;
}

}  // namespace

absl::Status BackupSqliteStore(const std::string& path, const std::string& target,
                               VerifyCopy verify) {
  if (IsSameFile(path, target)) return InvalidField("backup", target, "is the store itself");
  const std::string unfinished = target + ".unfinished";
  absl::Cleanup remove = [&unfinished] { unlink(unfinished.c_str()); };
  RETURN_IF_ERROR(CopyInto(path, unfinished));
  RETURN_IF_ERROR(SyncFile(unfinished));
  RETURN_IF_ERROR(verify(unfinished));
  std::move(remove).Cancel();
  return RenameDurably(unfinished, target);
}

absl::StatusOr<std::string> RestoreSqliteStore(const std::string& backup, const std::string& path,
                                               VerifyCopy verify) {
  if (IsSameFile(path, backup)) return InvalidField("restore", backup, "is the store itself");
  const std::string pending = PendingRestorePath(path);
  const std::string unfinished = pending + ".unfinished";
  absl::Cleanup remove = [&unfinished] { unlink(unfinished.c_str()); };
  RETURN_IF_ERROR(CopyInto(backup, unfinished));
  RETURN_IF_ERROR(GiveNewId(unfinished));
  RETURN_IF_ERROR(SyncFile(unfinished));
  RETURN_IF_ERROR(GiveToFolderOwner(unfinished));
  RETURN_IF_ERROR(verify(unfinished));
  std::move(remove).Cancel();
  RETURN_IF_ERROR(RenameDurably(unfinished, pending));
  ASSIGN_OR_RETURN(std::string aside, MoveAside(path));
  RETURN_IF_ERROR(RenameDurably(pending, path));
  return aside;
}

}  // namespace mpd
