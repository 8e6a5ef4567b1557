#include "ipam/maintenance/maintenance.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_copy.h"
#include "common/store/sqlite/sqlite_schema.h"
#include "common/store/sqlite/sqlite_store.h"
#include "ipam/maintenance/fsck.h"

ABSL_FLAG(bool, fsck, false,
          "Check the store and the leases in it, print each finding and what to do, and exit: 0 "
          "when there is none. mpd-ipam must not be running");
ABSL_FLAG(std::string, backup, "",
          "Copy the store to this file, which is replaced as a whole, verify the copy, and exit. "
          "mpd-ipam may be running and serving");
ABSL_FLAG(std::string, restore, "",
          "Verify this backup, put it in the store's place, keep the old store beside it, and "
          "exit. mpd-ipam must not be running");

namespace mpd::ipam {
namespace {

constexpr absl::string_view kRestoreAdvice =
    "restore the newest good backup: mpd-ipam --restore FILE";

// What to do about a finding of this kind.
absl::string_view Advice(Finding::Kind kind) {
  if (kind == Finding::Kind::kDamage) return kRestoreAdvice;
  return "put the pools back as they were, or release the lease before they are changed";
}

std::string Counts(const FsckReport& report) {
  return absl::StrCat("revision ", report.revision, ", ", report.leases, " leases, ",
                      report.resting, " resting addresses, ", report.requests, " requests");
}

absl::Status Damaged(absl::string_view reason, const std::string& path, const FsckReport& report,
                     absl::string_view advice) {
  const std::string count = absl::StrCat(report.findings.size());
  const bool damage =
      std::any_of(report.findings.begin(), report.findings.end(),
                  [](const Finding& finding) { return finding.kind == Finding::Kind::kDamage; });
  if (!damage) reason = "CONFIG_CONTRADICTS_LEASES";
  return MakeError(damage ? absl::StatusCode::kDataLoss : absl::StatusCode::kFailedPrecondition,
                   absl::StrCat(path, " has ", count, " finding(s), the first: ",
                                report.findings.front().text, "; ", advice),
                   reason, {{"path", path}, {"count", count}});
}

absl::StatusOr<std::unique_ptr<StoreFileLock>> TakeLock(const std::string& path) {
  absl::StatusOr<std::unique_ptr<StoreFileLock>> lock = StoreFileLock::Take(path);
  if (ErrorReason(lock.status()) != "STORE_LOCKED") return lock;
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("mpd-ipam is running and has ", path,
                                " open: stop it first (systemctl stop mpd-ipam)"),
                   "STORE_LOCKED", {{"path", path}});
}

absl::Status RunFsck(const std::string& path, const Config& config) {
  if (Exists(PendingRestorePath(path))) return StoreErrors::RestoreInterrupted(path);
  std::unique_ptr<StoreFileLock> lock;
  // Taking the lock creates its file, so an absent store is not locked. Fsck then reports it.
  if (Exists(path)) {
    ASSIGN_OR_RETURN(lock, TakeLock(path));
  }
  ASSIGN_OR_RETURN(const FsckReport report, Fsck(path, &config));
  for (const Finding& finding : report.findings) {
    std::printf("%s: %s\n    what to do: %s\n", path.c_str(), finding.text.c_str(),
                std::string(Advice(finding.kind)).c_str());
  }
  if (!report.findings.empty()) {
    return Damaged("STORE_DAMAGED", path, report, Advice(report.findings.front().kind));
  }
  std::printf("%s: no findings: %s\n", path.c_str(), Counts(report).c_str());
  return absl::OkStatus();
}

// Checks the copy of a store before it is put in place. `told_as` is the path that the error names.
absl::Status Verify(const std::string& copy, const std::string& told_as, absl::string_view advice,
                    const Config* config, FsckReport* report) {
  ASSIGN_OR_RETURN(*report, Fsck(copy, config));
  if (report->findings.empty()) return absl::OkStatus();
  return Damaged("BACKUP_DAMAGED", told_as, *report, advice);
}

absl::Status RunBackup(const std::string& path, const std::string& target) {
  FsckReport report;
  RETURN_IF_ERROR(BackupSqliteStore(path, target, [&](const std::string& copy) {
    return Verify(copy, path, "stop mpd-ipam and run mpd-ipam --fsck; nothing was written",
                  /*config=*/nullptr, &report);
  }));
  std::printf("%s: a copy of %s at %s\n", target.c_str(), path.c_str(), Counts(report).c_str());
  return absl::OkStatus();
}

absl::Status RunRestore(const std::string& backup, const std::string& path, const Config& config) {
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreFileLock> lock, TakeLock(path));
  FsckReport report;
  ASSIGN_OR_RETURN(
      const std::string aside, RestoreSqliteStore(backup, path, [&](const std::string& copy) {
        return Verify(copy, backup, "nothing was changed; take another backup, or mend the pools",
                      &config, &report);
      }));
  std::printf("%s: restored from %s: %s\n", path.c_str(), backup.c_str(), Counts(report).c_str());
  if (!aside.empty()) std::printf("the store before is kept as %s\n", aside.c_str());
  return absl::OkStatus();
}

}  // namespace

std::string StorePath(const std::string& state_folder) {
  return absl::StrCat(state_folder, "/ipam.db");
}

absl::StatusOr<std::unique_ptr<Store>> OpenLeaseStore(const std::string& path) {
  SqliteStoreOptions options;
  options.path = path;
  absl::StatusOr<std::unique_ptr<Store>> store = OpenSqliteStore(options);
  if (!absl::IsDataLoss(store.status())) return store;
  const std::string problem = ErrorMetadataValue(store.status(), "problem");
  return MakeError(
      absl::StatusCode::kDataLoss,
      absl::StrCat("the store ", path, " is damaged: ", problem,
                   ". It is left as it is. mpd-ipam --fsck tells more; ", kRestoreAdvice),
      "STORE_DAMAGED", {{"path", path}, {"problem", problem}});
}

std::optional<absl::Status> RunMaintenance(const std::string& store_path, const Config& config) {
  const bool fsck = absl::GetFlag(FLAGS_fsck);
  const std::string backup = absl::GetFlag(FLAGS_backup);
  const std::string restore = absl::GetFlag(FLAGS_restore);
  const int asked = (fsck ? 1 : 0) + (backup.empty() ? 0 : 1) + (restore.empty() ? 0 : 1);
  if (asked == 0) return std::nullopt;
  if (asked > 1) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     "give one of --fsck, --backup and --restore at a time", "INVALID_FLAG");
  }
  if (fsck) return RunFsck(store_path, config);
  if (!backup.empty()) return RunBackup(store_path, backup);
  return RunRestore(restore, store_path, config);
}

}  // namespace mpd::ipam
