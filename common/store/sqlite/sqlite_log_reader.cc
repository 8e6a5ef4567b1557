#include "common/store/sqlite/sqlite_log_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "common/base/status.h"
#include "common/store/store_errors.h"

namespace mpd {
namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// So many older rows of a key are stepped over before the next key is looked for in the index.
constexpr int kRowsSteppedOver = 2;

int64_t LimitOf(int64_t limit) { return limit > 0 ? limit : kNoLimit; }

// The first key in byte order that is after `key`.
std::string Successor(absl::string_view key) {
  std::string next(key);
  next.push_back('\0');
  return next;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteLogReader>> SqliteLogReader::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDb> db, SqliteDb::Open(path));
  RETURN_IF_ERROR(db->Exec("PRAGMA query_only = ON"));
  return Prepared(std::move(db));
}

absl::StatusOr<std::unique_ptr<SqliteLogReader>> SqliteLogReader::OpenReadOnly(
    const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteDb> db, SqliteDb::OpenReadOnly(path));
  return Prepared(std::move(db));
}

absl::StatusOr<std::unique_ptr<SqliteLogReader>> SqliteLogReader::Prepared(
    std::unique_ptr<SqliteDb> db) {
  auto reader = std::unique_ptr<SqliteLogReader>(new SqliteLogReader(std::move(db)));
  RETURN_IF_ERROR(reader->PrepareStatements());
  return reader;
}

absl::Status SqliteLogReader::PrepareStatements() {
  ASSIGN_OR_RETURN(newest_,
                   db_->Prepare("SELECT revision FROM log ORDER BY revision DESC LIMIT 1"));
  ASSIGN_OR_RETURN(compacted_, db_->Prepare("SELECT compact_revision FROM meta"));
  ASSIGN_OR_RETURN(keys_, db_->Prepare("SELECT key, revision, create_revision, deleted, value "
                                       "FROM log INDEXED BY log_by_key "
                                       "WHERE key >= ? AND +revision <= ? "
                                       "ORDER BY key, prev_revision DESC"));
  ASSIGN_OR_RETURN(events_, db_->Prepare("SELECT revision, key, create_revision, deleted, value "
                                         "FROM log WHERE revision BETWEEN ? AND ? "
                                         "ORDER BY revision, sub"));
  return absl::OkStatus();
}

absl::StatusOr<SqliteLogReader::Bounds> SqliteLogReader::ReadBounds() {
  Bounds bounds;
  newest_.Bind();
  ASSIGN_OR_RETURN(const bool any, newest_.Step());
  if (any) bounds.newest = newest_.Int(0);
  newest_.Reset();
  compacted_.Bind();
  ASSIGN_OR_RETURN(const bool meta, compacted_.Step());
  if (meta) bounds.compacted = compacted_.Int(0);
  compacted_.Reset();
  return bounds;
}

absl::StatusOr<RangeResponse> SqliteLogReader::Range(const RangeRequest& request) {
  RangeResponse response;
  RETURN_IF_ERROR(db_->InTransaction("BEGIN", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const Bounds bounds, ReadBounds());
    response.revision = request.revision > 0 ? request.revision : bounds.newest;
    if (response.revision < bounds.compacted) {
      return StoreErrors::RevisionCompacted(response.revision, bounds.compacted);
    }
    if (response.revision > bounds.newest) {
      return StoreErrors::RevisionFuture(response.revision, bounds.newest);
    }
    return CollectRange(request, response);
  }));
  return response;
}

// A key's first row is its latest one; the others are passed over, one by one or, where a key has a
// long history, by way of the index.
absl::Status SqliteLogReader::CollectRange(const RangeRequest& request, RangeResponse& response) {
  const absl::Cleanup reset = [this] { keys_.Reset(); };
  const int64_t limit = LimitOf(request.limit);
  std::string from = request.prefix;
  if (!request.start_after.empty()) from = std::max(from, Successor(request.start_after));
  std::string last;  // no key is empty
  int stepped_over = 0;
  keys_.Bind(absl::string_view(from), response.revision);
  while (true) {
    ASSIGN_OR_RETURN(const bool found, keys_.Step());
    if (!found) return absl::OkStatus();
    const absl::string_view key = keys_.Bytes(0);
    if (!absl::StartsWith(key, request.prefix)) return absl::OkStatus();
    if (key == last) {
      if (++stepped_over <= kRowsSteppedOver) continue;
      from = Successor(last);
      keys_.Bind(absl::string_view(from), response.revision);
      continue;
    }
    last.assign(key.data(), key.size());
    stepped_over = 0;
    const bool deleted = keys_.Int(3) != 0;
    if (deleted) continue;
    if (static_cast<int64_t>(response.kvs.size()) >= limit) {
      response.more = true;
      return absl::OkStatus();
    }
    response.kvs.push_back({.key = last,
                            .value = std::string(keys_.Bytes(4)),
                            .create_revision = keys_.Int(2),
                            .mod_revision = keys_.Int(1)});
  }
}

absl::StatusOr<EventBatch> SqliteLogReader::ReadEvents(const std::string& prefix,
                                                       int64_t from_revision, int64_t limit) {
  EventBatch batch;
  RETURN_IF_ERROR(db_->InTransaction("BEGIN", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const Bounds bounds, ReadBounds());
    if (from_revision < bounds.compacted) {
      return StoreErrors::RevisionCompacted(from_revision, bounds.compacted);
    }
    if (from_revision > bounds.newest + 1) {
      return StoreErrors::RevisionFuture(from_revision, bounds.newest);
    }
    batch.revision = bounds.newest;
    return CollectEvents(prefix, from_revision, LimitOf(limit), batch);
  }));
  return batch;
}

absl::Status SqliteLogReader::CollectEvents(const std::string& prefix, int64_t from_revision,
                                            int64_t limit, EventBatch& batch) {
  const absl::Cleanup reset = [this] { events_.Reset(); };
  events_.Bind(from_revision, batch.revision);
  while (true) {
    ASSIGN_OR_RETURN(const bool found, events_.Step());
    if (!found) return absl::OkStatus();
    const int64_t revision = events_.Int(0);
    const bool full = static_cast<int64_t>(batch.events.size()) >= limit;
    if (full && revision > batch.events.back().kv.mod_revision) {
      batch.revision = revision - 1;
      return absl::OkStatus();
    }
    const absl::string_view key = events_.Bytes(1);
    if (!absl::StartsWith(key, prefix)) continue;
    const bool deleted = events_.Int(3) != 0;
    batch.events.push_back({deleted ? StoreEvent::Type::kDelete : StoreEvent::Type::kPut,
                            {.key = std::string(key),
                             .value = std::string(events_.Bytes(4)),
                             .create_revision = events_.Int(2),
                             .mod_revision = revision}});
  }
}

}  // namespace mpd
