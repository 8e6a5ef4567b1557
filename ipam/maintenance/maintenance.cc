#include "ipam/maintenance/maintenance.h"

#include <cstdio>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "common/base/common_errors.h"
#include "common/base/status.h"
#include "common/store/open/open_store.h"
#include "common/store/store_errors.h"
#include "common/store/store_tools.h"
#include "ipam/leases/lease_errors.h"
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

// "3 finding(s), the first: <text>"
std::string Summary(const FsckReport& report) {
  return absl::StrCat(report.findings.size(),
                      " finding(s), the first: ", report.findings.front().text);
}

bool IsDamage(const Finding& finding) { return finding.kind == Finding::Kind::kDamage; }

// CONFIG_CONTRADICTS_LEASES where nothing is damaged.
std::optional<absl::Status> Contradictions(const FsckReport& report) {
  std::vector<std::string> leases;
  for (const Finding& finding : report.findings) {
    if (IsDamage(finding)) return std::nullopt;
    leases.push_back(finding.text);
  }
  return LeaseErrors::ConfigContradictsLeases(leases);
}

absl::Status BackupDamaged(const std::string& path, const FsckReport& report,
                           absl::string_view advice) {
  const std::string problem = Summary(report);
  return MakeError(absl::StatusCode::kDataLoss,
                   absl::StrCat("the copy of ", path, " is not good: ", problem, "; ", advice),
                   "BACKUP_DAMAGED", {{"path", path}, {"problem", problem}});
}

absl::StatusOr<std::unique_ptr<StoreLock>> TakeLock(StoreTools* store) {
  absl::StatusOr<std::unique_ptr<StoreLock>> lock = store->Lock();
  if (ErrorReason(lock.status()) != "STORE_LOCKED") return lock;
  return StoreErrors::Locked(store->path(),
                             "mpd-ipam, which is running: stop it first (systemctl stop mpd-ipam)");
}

absl::Status RunFsck(StoreTools* store, const Config& config) {
  const std::string& path = store->path();
  // Taking the lock creates its file, so an absent store is not locked but reported here.
  RETURN_IF_ERROR(store->Find());
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreLock> lock, TakeLock(store));
  ASSIGN_OR_RETURN(const FsckReport report, Fsck(store, &config));
  for (const Finding& finding : report.findings) {
    std::printf("%s: %s\n    what to do: %s\n", path.c_str(), finding.text.c_str(),
                std::string(Advice(finding.kind)).c_str());
  }
  if (report.findings.empty()) {
    std::printf("%s: no findings: %s\n", path.c_str(), Counts(report).c_str());
    return absl::OkStatus();
  }
  if (const auto contradictions = Contradictions(report)) return *contradictions;
  return StoreErrors::Damaged(path, Summary(report), kRestoreAdvice);
}

// Checks the copy of a store before it is put in place. `told_as` is the path that the error names.
// `config` is nullptr for a backup, which is good whatever the configuration says.
absl::Status Verify(StoreTools* copy, const std::string& told_as, absl::string_view advice,
                    const Config* config, FsckReport* report) {
  ASSIGN_OR_RETURN(*report, Fsck(copy, config));
  if (report->findings.empty()) return absl::OkStatus();
  if (const auto contradictions = Contradictions(*report)) return *contradictions;
  return BackupDamaged(told_as, *report, advice);
}

absl::Status RunBackup(StoreTools* store, const std::string& target) {
  const std::string& path = store->path();
  FsckReport report;
  RETURN_IF_ERROR(store->Backup(target, [&](StoreTools& copy) {
    return Verify(&copy, path, "stop mpd-ipam and run mpd-ipam --fsck; nothing was written",
                  /*config=*/nullptr, &report);
  }));
  std::printf("%s: a copy of %s at %s\n", target.c_str(), path.c_str(), Counts(report).c_str());
  return absl::OkStatus();
}

absl::Status RunRestore(StoreTools* store, const std::string& backup, const Config& config) {
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreLock> lock, TakeLock(store));
  FsckReport report;
  ASSIGN_OR_RETURN(const std::string aside, store->Restore(backup, [&](StoreTools& copy) {
    return Verify(&copy, backup, "nothing was changed; take another backup, or mend the pools",
                  &config, &report);
  }));
  std::printf("%s: restored from %s: %s\n", store->path().c_str(), backup.c_str(),
              Counts(report).c_str());
  if (!aside.empty()) std::printf("the store before is kept as %s\n", aside.c_str());
  return absl::OkStatus();
}

}  // namespace

std::string StoreUrl(const std::string& state_folder) {
  return absl::StrCat("sqlite:", state_folder, "/ipam.db");
}

absl::StatusOr<std::unique_ptr<Store>> OpenLeaseStore(const std::string& url) {
  absl::StatusOr<std::unique_ptr<Store>> store = OpenStore(url);
  if (!absl::IsDataLoss(store.status())) return store;
  return StoreErrors::Damaged(ErrorMetadataValue(store.status(), "path"),
                              ErrorMetadataValue(store.status(), "problem"),
                              absl::StrCat("mpd-ipam --fsck tells more; ", kRestoreAdvice));
}

std::optional<absl::Status> RunMaintenance(const std::string& url, const Config& config) {
  const bool fsck = absl::GetFlag(FLAGS_fsck);
  const std::string backup = absl::GetFlag(FLAGS_backup);
  const std::string restore = absl::GetFlag(FLAGS_restore);
  const int asked = (fsck ? 1 : 0) + (backup.empty() ? 0 : 1) + (restore.empty() ? 0 : 1);
  if (asked == 0) return std::nullopt;
  if (asked > 1) {
    return CommonErrors::InvalidFlag("--fsck, --backup, --restore", "are for one at a time");
  }
  const absl::StatusOr<std::unique_ptr<StoreTools>> store = OpenStoreTools(url);
  if (!store.ok()) return store.status();
  if (fsck) return RunFsck(store->get(), config);
  if (!backup.empty()) return RunBackup(store->get(), backup);
  return RunRestore(store->get(), restore, config);
}

}  // namespace mpd::ipam
