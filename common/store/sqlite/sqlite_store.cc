#include "common/store/sqlite/sqlite_store.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/logging.h"
#include "common/base/mutex.h"
#include "common/base/one_shot.h"
#include "common/base/status.h"
#include "common/store/recent_events.h"
#include "common/store/sqlite/sqlite_log_reader.h"
#include "common/store/sqlite/sqlite_log_writer.h"
#include "common/store/sqlite/sqlite_schema.h"
#include "common/store/sqlite/sqlite_wal.h"
#include "common/store/store_errors.h"

namespace mpd {
namespace {

// As many reads as run at once; further ones wait for one of them.
constexpr int kReaders = 4;
// What one SQLite transaction takes from the queue: more would only make the first one wait.
constexpr size_t kMaxBatch = 1'024;
// Rows of the log that are looked at between two batches.
constexpr int64_t kSweepRows = 500;

struct QueuedCommit {
  StoreTransaction transaction;
  CommitCallback done;
};

struct QueuedCompact {
  int64_t revision = 0;
  OneShot<absl::Status>* done = nullptr;
};

class SqliteStore final : public Store {
 public:
  struct Parts {
    std::unique_ptr<StoreFileLock> lock;
    StoreFileState state;
    std::unique_ptr<SqliteLogWriter> writer;
    std::vector<std::unique_ptr<SqliteLogReader>> readers;
  };

  SqliteStore(const SqliteStoreOptions& options, Parts parts);
  ~SqliteStore() override { Close(); }

  absl::StatusOr<RangeResponse> Range(const RangeRequest& request) override;
  void Commit(StoreTransaction transaction, CommitCallback done) override;
  absl::StatusOr<EventBatch> ReadEvents(const std::string& prefix, int64_t from_revision,
                                        int64_t limit) override;
  int64_t Subscribe(std::function<void(int64_t revision)> listener) override;
  void Unsubscribe(int64_t handle) override;
  absl::Status Compact(int64_t revision) override;
  void Close() override;
  int64_t revision() const override { return revision_; }
  int64_t compact_revision() const override { return compact_revision_; }
  const std::string& store_id() const override { return store_id_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Reader = std::unique_ptr<SqliteLogReader>;

  struct Work {
    std::vector<QueuedCommit> commits;
    std::vector<QueuedCompact> compacts;
    bool stop = false;
  };

  Reader TakeReader();
  void GiveBack(Reader reader);

  // On the writer's thread.
  void Write();
  Work NextWork();
  bool IsSweeping() const { return swept_revision_ < compact_revision_; }
  void CommitBatch(std::vector<QueuedCommit> commits);
  void LogCommitFailure(const absl::Status& status);
  void Publish(std::vector<TransactionResult>& results);
  void NotifyListeners();
  absl::Status StartCompaction(int64_t revision);
  void CompactWhenDue();
  absl::Status CompactByAgeAndCount();
  void SweepSome();
  void LogCompactionFailure(const absl::Status& status);

  const SqliteStoreOptions options_;
  const std::string store_id_;
  const std::unique_ptr<StoreFileLock> lock_;
  std::atomic<int64_t> revision_;
  std::atomic<int64_t> compact_revision_;
  RecentEvents recent_;

  Mutex readers_mutex_;
  CondVar reader_free_;
  std::vector<Reader> readers_ ABSL_GUARDED_BY(readers_mutex_);

  Mutex listeners_mutex_;
  int64_t next_handle_ ABSL_GUARDED_BY(listeners_mutex_) = 1;
  std::map<int64_t, std::function<void(int64_t)>> listeners_ ABSL_GUARDED_BY(listeners_mutex_);

  Mutex queue_mutex_;
  CondVar queue_changed_;
  std::deque<QueuedCommit> commits_ ABSL_GUARDED_BY(queue_mutex_);
  std::vector<QueuedCompact> compacts_ ABSL_GUARDED_BY(queue_mutex_);
  bool closed_ ABSL_GUARDED_BY(queue_mutex_) = false;

  // The writer thread's own.
  const std::unique_ptr<SqliteLogWriter> writer_;
  int64_t swept_revision_;
  Clock::time_point next_compaction_;
  // A sweep failed: none until compaction is due again.
  bool sweep_failed_ = false;
  LogLimiter commit_failures_{absl::Seconds(10)};

  Mutex close_mutex_;  // held while the thread is joined
  std::thread thread_ ABSL_GUARDED_BY(close_mutex_);
};

SqliteStore::SqliteStore(const SqliteStoreOptions& options, Parts parts)
    : options_(options),
      store_id_(parts.state.store_id),
      lock_(std::move(parts.lock)),
      revision_(parts.state.revision),
      compact_revision_(parts.state.compact_revision),
      recent_(options.recent_events, parts.state.revision),
      readers_(std::move(parts.readers)),
      writer_(std::move(parts.writer)),
      swept_revision_(parts.state.swept_revision),
      next_compaction_(Clock::now()),
      thread_([this] { Write(); }) {}

SqliteStore::Reader SqliteStore::TakeReader() {
  MutexLock lock(&readers_mutex_);
  while (readers_.empty()) reader_free_.Wait(&readers_mutex_);
  Reader reader = std::move(readers_.back());
  readers_.pop_back();
  return reader;
}

void SqliteStore::GiveBack(Reader reader) {
  MutexLock lock(&readers_mutex_);
  readers_.push_back(std::move(reader));
  reader_free_.NotifyOne();
}

absl::StatusOr<RangeResponse> SqliteStore::Range(const RangeRequest& request) {
  Reader reader = TakeReader();
  absl::StatusOr<RangeResponse> response = reader->Range(request);
  GiveBack(std::move(reader));
  return response;
}

absl::StatusOr<EventBatch> SqliteStore::ReadEvents(const std::string& prefix, int64_t from_revision,
                                                   int64_t limit) {
  const int64_t compacted = compact_revision_;
  if (from_revision < compacted) return StoreErrors::RevisionCompacted(from_revision, compacted);
  std::optional<EventBatch> recent = recent_.Read(prefix, from_revision, limit);
  if (recent.has_value()) return *std::move(recent);
  // Too old, or read from a snapshot that is a moment ahead of what is in memory.
  Reader reader = TakeReader();
  absl::StatusOr<EventBatch> batch = reader->ReadEvents(prefix, from_revision, limit);
  GiveBack(std::move(reader));
  return batch;
}

void SqliteStore::Commit(StoreTransaction transaction, CommitCallback done) {
  absl::Status refused;
  {
    MutexLock lock(&queue_mutex_);
    if (closed_) {
      refused = StoreErrors::Closed();
    } else if (static_cast<int64_t>(commits_.size()) >= options_.max_queue) {
      refused = StoreErrors::Busy(options_.max_queue);
    } else {
      commits_.push_back({std::move(transaction), std::move(done)});
      if (commits_.size() == 1) queue_changed_.NotifyOne();
      return;
    }
  }
  std::move(done)(std::move(refused));
}

absl::Status SqliteStore::Compact(int64_t revision) {
  const int64_t newest = revision_;
  if (revision > newest) return StoreErrors::RevisionFuture(revision, newest);
  OneShot<absl::Status> done;
  {
    MutexLock lock(&queue_mutex_);
    if (closed_) return StoreErrors::Closed();
    compacts_.push_back({revision, &done});
    queue_changed_.NotifyOne();
  }
  return done.Wait();
}

int64_t SqliteStore::Subscribe(std::function<void(int64_t revision)> listener) {
  MutexLock lock(&listeners_mutex_);
  const int64_t handle = next_handle_++;
  listeners_.emplace(handle, std::move(listener));
  return handle;
}

void SqliteStore::Unsubscribe(int64_t handle) {
  MutexLock lock(&listeners_mutex_);
  listeners_.erase(handle);
}

void SqliteStore::Close() {
  {
    MutexLock lock(&queue_mutex_);
    closed_ = true;
    queue_changed_.NotifyOne();
  }
  MutexLock lock(&close_mutex_);
  if (thread_.joinable()) thread_.join();
}

void SqliteStore::Write() {
  while (true) {
    Work work = NextWork();
    if (!work.commits.empty()) CommitBatch(std::move(work.commits));
    for (const QueuedCompact& compact : work.compacts) {
      compact.done->Set(StartCompaction(compact.revision));
    }
    if (work.stop) return;
    CompactWhenDue();
    if (IsSweeping()) SweepSome();
  }
}

SqliteStore::Work SqliteStore::NextWork() {
  MutexLock lock(&queue_mutex_);
  while (commits_.empty() && compacts_.empty() && !closed_) {
    const auto idle = std::chrono::ceil<std::chrono::milliseconds>(next_compaction_ - Clock::now());
    if (idle.count() <= 0 || (IsSweeping() && !sweep_failed_)) break;
    queue_changed_.WaitFor(&queue_mutex_, idle);
  }
  Work work;
  const size_t size = std::min(commits_.size(), kMaxBatch);
  work.commits.reserve(size);
  std::move(commits_.begin(), commits_.begin() + static_cast<int64_t>(size),
            std::back_inserter(work.commits));
  commits_.erase(commits_.begin(), commits_.begin() + static_cast<int64_t>(size));
  work.compacts.swap(compacts_);
  work.stop = closed_ && commits_.empty();
  return work;
}

void SqliteStore::CommitBatch(std::vector<QueuedCommit> commits) {
  std::vector<StoreTransaction> transactions;
  transactions.reserve(commits.size());
  for (QueuedCommit& commit : commits) transactions.push_back(std::move(commit.transaction));
  absl::StatusOr<std::vector<TransactionResult>> results =
      writer_->Apply(std::move(transactions), absl::ToUnixMillis(absl::Now()));
  if (!results.ok()) {
    LogCommitFailure(results.status());
    for (QueuedCommit& commit : commits) std::move(commit.done)(results.status());
    return;
  }
  const int64_t before = revision_;
  Publish(*results);
  for (size_t i = 0; i < commits.size(); ++i) {
    std::move(commits[i].done)(std::move((*results)[i].response));
  }
  if (revision_ != before) NotifyListeners();
}

void SqliteStore::LogCommitFailure(const absl::Status& status) {
  int64_t suppressed = 0;
  if (!commit_failures_.Allow(&suppressed)) return;
  LOG_ERROR("STORE_COMMIT_FAILED",
            "Changes are refused, as the store can't be written: look for a full or failing disk",
            {{"path", options_.path},
             {"problem", ErrorMetadataValue(status, "problem")},
             {"suppressed", absl::StrCat(suppressed)}});
}

// Before anybody is told of a revision it can be read.
void SqliteStore::Publish(std::vector<TransactionResult>& results) {
  for (TransactionResult& result : results) {
    if (!result.events.empty()) recent_.Append(std::move(result.events));
  }
  revision_ = writer_->revision();
}

void SqliteStore::NotifyListeners() {
  MutexLock lock(&listeners_mutex_);
  for (const auto& [handle, listener] : listeners_) listener(revision_);
}

absl::Status SqliteStore::StartCompaction(int64_t revision) {
  if (revision <= compact_revision_) return absl::OkStatus();
  RETURN_IF_ERROR(writer_->SetCompactRevision(revision));
  compact_revision_ = revision;
  sweep_failed_ = false;
  return absl::OkStatus();
}

void SqliteStore::CompactWhenDue() {
  const Clock::time_point now = Clock::now();
  if (now < next_compaction_) return;
  next_compaction_ = now + absl::ToChronoNanoseconds(options_.compact_interval);
  sweep_failed_ = false;
  const absl::Status status = CompactByAgeAndCount();
  if (!status.ok()) LogCompactionFailure(status);
}

absl::Status SqliteStore::CompactByAgeAndCount() {
  const int64_t surplus = revision_ - options_.keep_revisions;
  if (surplus <= compact_revision_) return absl::OkStatus();
  const int64_t oldest_kept_ms = absl::ToUnixMillis(absl::Now() - options_.keep_age);
  ASSIGN_OR_RETURN(const int64_t revision, writer_->RevisionBefore(oldest_kept_ms, surplus));
  return StartCompaction(revision);
}

void SqliteStore::LogCompactionFailure(const absl::Status& status) {
  LOG_WARNING("STORE_COMPACTION_FAILED", "Old history stays for now; it is tried again",
              {{"path", options_.path}, {"problem", ErrorMetadataValue(status, "problem")}});
}

void SqliteStore::SweepSome() {
  if (sweep_failed_) return;
  const absl::StatusOr<int64_t> swept =
      writer_->Sweep(swept_revision_, compact_revision_, kSweepRows);
  if (swept.ok()) {
    swept_revision_ = *swept;
    return;
  }
  sweep_failed_ = true;
  LogCompactionFailure(swept.status());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const SqliteStoreOptions& options) {
  SqliteStore::Parts parts;
  ASSIGN_OR_RETURN(parts.lock, StoreFileLock::Take(options.path));
  ASSIGN_OR_RETURN(parts.state, PrepareStoreFile(options.path));
  PreallocateWal(options.path, options.log_bytes);
  ASSIGN_OR_RETURN(parts.writer, SqliteLogWriter::Open(options.path, parts.state.revision));
  for (int i = 0; i < kReaders; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<SqliteLogReader> reader, SqliteLogReader::Open(options.path));
    parts.readers.push_back(std::move(reader));
  }
  return std::make_unique<SqliteStore>(options, std::move(parts));
}

}  // namespace mpd
