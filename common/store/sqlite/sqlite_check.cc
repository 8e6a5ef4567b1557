#include "common/store/sqlite/sqlite_check.h"

#include <cerrno>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_db.h"
#include "common/store/sqlite/sqlite_schema.h"
#include "common/store/store_errors.h"

namespace mpd {
namespace {

// SQLite's own list ends after so many.
constexpr int kMaxPageFindings = 50;

// What the rows so far say of a key.
struct KeyState {
  int64_t revision = 0;
  int64_t create_revision = 0;
  bool deleted = false;
};

struct Row {
  std::string key;
  int64_t revision = 0;
  int64_t sub = 0;
  int64_t create_revision = 0;
  int64_t prev_revision = 0;
  int64_t deleted = 0;
};

// Follows the log in its order.
class HistoryCheck {
 public:
  HistoryCheck(const StoreFileState& state, StoreVisitor* visitor)
      : state_(state), visitor_(visitor) {}

  void Add(const Row& row) {
    CheckPlace(row);
    CheckPredecessor(row);
    keys_[row.key] = {row.revision, row.create_revision, row.deleted != 0};
    revision_ = row.revision;
    sub_ = row.sub;
  }

 private:
  void Report(const Row& row, absl::string_view problem) {
    visitor_->OnFinding(absl::StrCat("log: the row of \"", Printable(row.key), "\" at revision ",
                                     row.revision, " ", problem));
  }

  // Revisions have no gaps, but where compaction has removed rows.
  void CheckPlace(const Row& row) {
    if (row.revision < 1 || row.revision > state_.revision) Report(row, "is at no revision");
    if (row.revision <= state_.compact_revision) return;
    const bool same = row.revision == revision_;
    if (!same && row.revision > revision_ + 1 && revision_ >= state_.compact_revision) {
      Report(row, absl::StrCat("comes after ", revision_, ": what is between is missing"));
    }
    if (!same && revision_ < state_.compact_revision &&
        row.revision > state_.compact_revision + 1) {
      Report(row, absl::StrCat("is the first after the compaction at ", state_.compact_revision,
                               ": what is between is missing"));
    }
    if (row.sub != (same ? sub_ + 1 : 0)) Report(row, "is not next in its transaction");
  }

  void CheckPredecessor(const Row& row) {
    if (row.deleted != 0 && row.deleted != 1) Report(row, "is neither a change nor a deletion");
    if (row.create_revision < 1 || row.create_revision > row.revision) {
      Report(row, absl::StrCat("was created at ", row.create_revision));
    }
    if (row.prev_revision < 0 || row.prev_revision >= row.revision) {
      Report(row, absl::StrCat("follows ", row.prev_revision));
    }
    const auto before = keys_.find(row.key);
    if (before == keys_.end()) {
      // Where the row before is forgotten, there is nothing to compare with.
      if (row.prev_revision > state_.compact_revision) {
        Report(row, absl::StrCat("follows revision ", row.prev_revision, ", which is missing"));
      }
      return;
    }
    const KeyState& last = before->second;
    if (row.prev_revision != last.revision) {
      Report(row, absl::StrCat("follows ", row.prev_revision, " and not ", last.revision));
    }
    const int64_t created = last.deleted ? row.revision : last.create_revision;
    if (row.create_revision != created) {
      Report(row, absl::StrCat("was created at ", row.create_revision, " and not at ", created));
    }
    if (last.deleted && row.deleted == 1) Report(row, "deletes what was deleted");
  }

  const StoreFileState state_;
  StoreVisitor* const visitor_;
  absl::flat_hash_map<std::string, KeyState> keys_;
  int64_t revision_ = 0;
  int64_t sub_ = 0;
};

absl::Status CheckPages(SqliteDb& db, StoreVisitor* visitor) {
  ASSIGN_OR_RETURN(SqliteStatement check,
                   db.Prepare(absl::StrCat("PRAGMA integrity_check(", kMaxPageFindings, ")")));
  while (true) {
    ASSIGN_OR_RETURN(const bool found, check.Step());
    if (!found) return absl::OkStatus();
    const absl::string_view line = check.Bytes(0);
    if (line == "ok") continue;
    visitor->OnFinding(absl::StrCat("file: ", Printable(absl::StrReplaceAll(line, {{"\n", " "}}))));
  }
}

absl::Status CheckHistory(SqliteDb& db, const StoreFileState& state, StoreVisitor* visitor) {
  HistoryCheck check(state, visitor);
  ASSIGN_OR_RETURN(SqliteStatement rows,
                   db.Prepare("SELECT key, revision, sub, create_revision, prev_revision, deleted "
                              "FROM log ORDER BY revision, sub"));
  while (true) {
    ASSIGN_OR_RETURN(const bool found, rows.Step());
    if (!found) return absl::OkStatus();
    const Row row = {std::string(rows.Bytes(0)),
                     rows.Int(1),
                     rows.Int(2),
                     rows.Int(3),
                     rows.Int(4),
                     rows.Int(5)};
    check.Add(row);
    visitor->OnRow({row.key, row.revision});
  }
}

absl::Status Check(const std::string& path, StoreVisitor* visitor) {
  RETURN_IF_ERROR(CheckNotEmpty(path));
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteDb> db, SqliteDb::OpenReadOnly(path));
  RETURN_IF_ERROR(CheckStoreIdentity(*db));
  RETURN_IF_ERROR(CheckPages(*db, visitor));
  ASSIGN_OR_RETURN(const int64_t metas, db->QueryInt("SELECT count(*) FROM meta"));
  if (metas != 1) return StoreErrors::Damaged(path, absl::StrCat("it has ", metas, " meta rows"));
  ASSIGN_OR_RETURN(const StoreFileState state, ReadStoreFileState(*db));
  for (const char c : state.store_id) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
      visitor->OnFinding(absl::StrCat("meta: \"", Printable(state.store_id), "\" is no store id"));
      break;
    }
  }
  visitor->OnState({state.store_id, state.revision, state.compact_revision});
  return CheckHistory(*db, state, visitor);
}

}  // namespace

absl::Status CheckSqliteStore(const std::string& path, StoreVisitor* visitor) {
  if (!Exists(path) && errno == ENOENT) return StoreErrors::NotFound(path);
  const absl::Status checked = Check(path, visitor);
  if (absl::IsDataLoss(checked)) {
    visitor->OnFinding(absl::StrCat("file: ", ErrorMetadataValue(checked, "problem")));
  }
  return checked;
}

}  // namespace mpd
