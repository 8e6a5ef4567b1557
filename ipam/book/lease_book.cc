#include "ipam/book/lease_book.h"

#include <algorithm>
#include <utility>

#include "common/base/logging.h"
#include "common/base/status.h"
#include "common/store/store_errors.h"
#include "ipam/leases/lease_errors.h"
#include "ipam/leases/lease_record.h"

namespace mpd::ipam {
namespace {

constexpr size_t kMaxWaiting = 16'384;  // calls that wait for another change to end
constexpr size_t kStaleRecordsAtOnce = 1'024;
constexpr int kMaxAttempts = 3;

}  // namespace

LeaseBook::LeaseBook(Store* store, const Clock* clock, WorkerThread* worker)
    : clock_(clock), worker_(worker), requests_(store), commits_(store) {}

absl::StatusOr<std::unique_ptr<LeaseBook>> LeaseBook::Open(Store* store,
                                                           const std::vector<PoolConfig>& pools,
                                                           absl::Duration cooldown,
                                                           const Clock* clock,
                                                           WorkerThread* worker) {
  ASSIGN_OR_RETURN(LeaseState state, LoadLeaseState(store, pools, cooldown, clock->Now()));
  auto book = std::unique_ptr<LeaseBook>(new LeaseBook(store, clock, worker));
  RETURN_IF_ERROR(book->requests_.Load());
  MutexLock lock(&book->mutex_);
  book->state_ = std::move(state);
  return book;
}

LeaseBook::~LeaseBook() { in_flight_.AwaitNone(); }

void LeaseBook::Submit(std::unique_ptr<Mutation> mutation) {
  auto call = std::make_unique<Call>();
  call->mutation = std::move(mutation);
  Process(std::move(call));
}

void LeaseBook::Process(CallPtr call) {
  const RequestKey& request = call->mutation->request();
  if (!request.id.empty() && !call->looked_up && requests_.MayKnow(request.id)) {
    LookUpRequest(std::move(call));
    return;
  }
  std::optional<Result> reply;
  {
    const MutexLock lock(&mutex_);
    reply = Decide(&call);
  }
  commits_.Flush();
  if (reply) call->mutation->Reply(*std::move(reply));
}

// The first call with this id may still be under way. Once an empty transaction that is queued now
// is answered, that call's record can be read, or its commit has failed and there is none.
void LeaseBook::LookUpRequest(CallPtr call) {
  in_flight_.Begin();
  commits_.Push({}, [this, call = std::move(call)](absl::StatusOr<CommitResponse> barrier) mutable {
    if (barrier.ok()) {
      PostLookUp(std::move(call));
    } else {
      call->mutation->Reply(barrier.status());
    }
    in_flight_.End();
  });
  commits_.Flush();
}

// Reading the record blocks, so the worker does it and not the store's thread.
void LeaseBook::PostLookUp(CallPtr call) {
  in_flight_.Begin();
  // Shared with the job, which is destroyed when the worker refuses it.
  auto shared = std::make_shared<CallPtr>(std::move(call));
  const bool posted = worker_->Post([this, shared] {
    ReplyFromLog(std::move(*shared));
    in_flight_.End();
  });
  if (posted) return;
  (*shared)->mutation->Reply(StoreErrors::Busy(WorkerThread::kMaxQueue));
  in_flight_.End();
}

void LeaseBook::ReplyFromLog(CallPtr call) {
  absl::StatusOr<std::optional<Outcome>> found = requests_.Find(call->mutation->request());
  if (!found.ok()) {
    call->mutation->Reply(found.status());
  } else if (found->has_value()) {
    call->mutation->Reply(**std::move(found));
  } else {
    call->looked_up = true;
    Process(std::move(call));
  }
}

std::optional<LeaseBook::Result> LeaseBook::Decide(CallPtr* call) {
  const Moment now = clock_->Now();
  Mutation& mutation = *(*call)->mutation;
  Decision decision = mutation.Decide(&state_, now);
  if (auto* error = std::get_if<absl::Status>(&decision)) return std::move(*error);
  if (const auto* blocked = std::get_if<Blocked>(&decision)) {
    return AwaitChange(call, blocked->entry);
  }
  if (auto* unchanged = std::get_if<Unchanged>(&decision)) {
    if (mutation.request().id.empty()) return std::move(unchanged->outcome);
    // No lease changes, but the reply must be remembered under the request_id.
    decision = Change{nullptr, {}, std::move(unchanged->outcome)};
  }
  QueueCommit(std::move(*call), std::get<Change>(std::move(decision)), now);
  return std::nullopt;
}

std::optional<LeaseBook::Result> LeaseBook::AwaitChange(CallPtr* call, const LeaseEntry* entry) {
  if (waiting_count_ >= kMaxWaiting) {
    return StoreErrors::Busy(static_cast<int64_t>(waiting_count_));
  }
  ++waiting_count_;
  waiting_[entry].push_back(std::move(*call));
  return std::nullopt;
}

void LeaseBook::QueueCommit(CallPtr call, Change change, Moment now) {
  call->entry = change.entry;
  call->outcome = std::move(change.outcome);
  const RequestKey& request = call->mutation->request();
  if (!request.id.empty()) {
    RequestLog::Attach(request, call->outcome, now.wall, &change.transaction);
    requests_.Add(request.id);
  }
  in_flight_.Begin();
  commits_.Push(std::move(change.transaction),
                [this, call = std::move(call)](absl::StatusOr<CommitResponse> response) mutable {
                  OnCommitted(std::move(call), response);
                  in_flight_.End();
                });
}

void LeaseBook::OnCommitted(CallPtr call, const absl::StatusOr<CommitResponse>& response) {
  std::deque<CallPtr> waiters = ApplyOrUndo(call.get(), response);
  ReplyToCommitted(std::move(call), response);
  for (CallPtr& waiter : waiters) Process(std::move(waiter));
}

std::deque<LeaseBook::CallPtr> LeaseBook::ApplyOrUndo(
    Call* call, const absl::StatusOr<CommitResponse>& response) {
  const MutexLock lock(&mutex_);
  LeaseEntry* const entry = std::exchange(call->entry, nullptr);
  if (response.ok() && response->succeeded) {
    if (entry != nullptr) call->mutation->Apply(&state_, response->revision);
    state_.revision = std::max(state_.revision, response->revision);
  } else if (entry != nullptr) {
    call->mutation->Undo(&state_);
  }
  const auto it = waiting_.find(entry);
  if (it == waiting_.end()) return {};
  std::deque<CallPtr> waiters = std::move(it->second);
  waiting_.erase(it);
  waiting_count_ -= waiters.size();
  return waiters;
}

void LeaseBook::ReplyToCommitted(CallPtr call, const absl::StatusOr<CommitResponse>& response) {
  Mutation& mutation = *call->mutation;
  const std::string& request_id = mutation.request().id;
  if (!response.ok()) {
    if (!request_id.empty()) requests_.Remove(request_id);
    mutation.Reply(response.status());
    return;
  }
  if (response->succeeded) {
    // Added a second time, because a sweep since QueueCommit may have removed the id together with
    // an older record of it.
    if (!request_id.empty()) requests_.Add(request_id);
    Outcome outcome = std::move(call->outcome);
    if (outcome.revision == 0) outcome.revision = response->revision;
    if (outcome.lease && outcome.lease->revision == 0) outcome.lease->revision = response->revision;
    mutation.Reply(std::move(outcome));
    return;
  }
  // A comparison did not hold. With a request_id another call with the same id has probably been
  // committed meanwhile; its record then has the reply.
  if (!request_id.empty() && ++call->attempts < kMaxAttempts) {
    call->looked_up = false;
    LookUpRequest(std::move(call));
    return;
  }
  LOG_ERROR("STORE_CONFLICT", "Another process has changed the leases; restart mpd-ipam",
            {{"owner", mutation.owner()}});
  mutation.Reply(LeaseErrors::StoreConflict(mutation.owner()));
}

absl::StatusOr<Lease> LeaseBook::GetByOwner(const std::string& owner) const {
  const MutexLock lock(&mutex_);
  const LeaseEntry* entry = state_.index.FindOwner(owner);
  if (entry == nullptr || entry->revision == 0) return LeaseErrors::LeaseNotFound(owner);
  return state_.ToLease(*entry);
}

absl::StatusOr<Lease> LeaseBook::GetByAddress(Ipv4Address address) const {
  const MutexLock lock(&mutex_);
  const LeaseEntry* entry = state_.index.FindAddress(address);
  if (entry == nullptr || entry->revision == 0) {
    return LeaseErrors::LeaseNotFound(address.ToString());
  }
  return state_.ToLease(*entry);
}

LeaseBook::Usage LeaseBook::GetUsage() {
  const MutexLock lock(&mutex_);
  const absl::Duration now = clock_->Now().steady;
  Usage usage;
  for (Pool& pool : state_.pools) usage.pools.push_back(pool.Usage(now));
  usage.revision = state_.revision;
  return usage;
}

size_t LeaseBook::DeleteStaleRests() {
  const absl::Duration now = clock_->Now().steady;
  std::vector<std::pair<Pool*, Ipv4Address>> stale;
  {
    const MutexLock lock(&mutex_);
    StoreTransaction transaction;
    for (Pool& pool : state_.pools) {
      pool.EndRests(now);
      for (Ipv4Address address : pool.TakeStaleRecords(kStaleRecordsAtOnce - stale.size())) {
        stale.emplace_back(&pool, address);
        transaction.ops.push_back({StoreOp::Type::kDelete, RestKey(address), ""});
      }
    }
    if (stale.empty()) return 0;
    in_flight_.Begin();
    commits_.Push(std::move(transaction), [this, stale](absl::StatusOr<CommitResponse> response) {
      if (!response.ok()) {
        const MutexLock failed(&mutex_);
        for (const auto& [pool, address] : stale) pool->AddStaleRecord(address);
      }
      in_flight_.End();
    });
  }
  commits_.Flush();
  return stale.size();
}

void LeaseBook::SweepRequests() {
  in_flight_.Begin();
  const bool posted = worker_->Post([this] {
    const absl::Status swept = requests_.Sweep(clock_->Now().wall);
    if (!swept.ok()) {
      LOG_WARNING("REQUEST_SWEEP_FAILED",
                  "Old request_ids were not deleted; the deletion is retried within an hour",
                  {{"error", std::string(swept.message())}});
    }
    in_flight_.End();
  });
  if (!posted) in_flight_.End();
}

}  // namespace mpd::ipam
