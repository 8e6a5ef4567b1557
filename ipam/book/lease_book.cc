#include "ipam/book/lease_book.h"

#include <algorithm>
#include <utility>

#include "common/base/logging.h"
#include "common/base/status.h"
#include "ipam/leases/lease_errors.h"
#include "ipam/leases/lease_record.h"

namespace mpd::ipam {
namespace {

constexpr size_t kMaxWaiting = 16'384;
constexpr size_t kStaleRecordsAtOnce = 1'024;
constexpr int kMaxAttempts = 3;

}  // namespace

LeaseBook::LeaseBook(Store* store, const Clock* clock, WorkerThread* worker)
    : store_(store), clock_(clock), worker_(worker), requests_(store) {}

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

LeaseBook::~LeaseBook() {
  MutexLock lock(&mutex_);
  while (in_flight_ > 0) landed_.Wait(&mutex_);
}

void LeaseBook::Submit(std::unique_ptr<Mutation> mutation) {
  auto call = std::make_unique<Call>();
  call->mutation = std::move(mutation);
  Run(std::move(call));
}

void LeaseBook::Run(CallPtr call) {
  const RequestKey& request = call->mutation->request();
  if (!request.id.empty() && !call->looked_up && requests_.MayKnow(request.id)) {
    LookUpRequest(std::move(call));
    return;
  }
  absl::StatusOr<Outcome> answer = Outcome();
  std::vector<Outgoing> batch;
  {
    MutexLock lock(&mutex_);
    call = Decide(std::move(call), &answer);
    batch = TakeOutgoing();
  }
  Send(std::move(batch));
  if (call != nullptr) call->mutation->Answer(std::move(answer));
}

LeaseBook::CallPtr LeaseBook::Decide(CallPtr call, absl::StatusOr<Outcome>* answer) {
  const Moment now = clock_->Now();
  Decision decision = call->mutation->Decide(&state_, now);
  if (auto* error = std::get_if<absl::Status>(&decision)) {
    *answer = std::move(*error);
    return call;
  }
  if (const auto* blocked = std::get_if<Blocked>(&decision)) {
    return Wait(std::move(call), blocked->entry, answer);
  }
  if (auto* unchanged = std::get_if<Unchanged>(&decision)) {
    if (call->mutation->request().id.empty()) {
      *answer = std::move(unchanged->outcome);
      return call;
    }
    // Nothing to change, but an answer to remember.
    decision = Change{nullptr, {}, std::move(unchanged->outcome)};
  }
  Commit(std::move(call), std::get<Change>(std::move(decision)), now);
  return nullptr;
}

LeaseBook::CallPtr LeaseBook::Wait(CallPtr call, const LeaseEntry* entry,
                                   absl::StatusOr<Outcome>* answer) {
  if (waiting_count_ >= kMaxWaiting) {
    *answer = StoreErrors::Busy(static_cast<int64_t>(waiting_count_));
    return call;
  }
  ++waiting_count_;
  waiting_[entry].push_back(std::move(call));
  return nullptr;
}

void LeaseBook::Commit(CallPtr call, Change change, Moment now) {
  call->entry = change.entry;
  call->outcome = std::move(change.outcome);
  const RequestKey& request = call->mutation->request();
  if (!request.id.empty()) {
    RequestLog::Attach(request, call->outcome, now.wall, &change.transaction);
    requests_.Add(request.id);
  }
  Enqueue(std::move(change.transaction),
          [this, call = std::move(call)](absl::StatusOr<CommitResponse> response) mutable {
            OnCommitted(std::move(call), response);
            EndFlight();
          });
}

std::deque<LeaseBook::CallPtr> LeaseBook::Settle(Call* call,
                                                 const absl::StatusOr<CommitResponse>& response) {
  MutexLock lock(&mutex_);
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

void LeaseBook::OnCommitted(CallPtr call, const absl::StatusOr<CommitResponse>& response) {
  std::deque<CallPtr> waiters = Settle(call.get(), response);
  Mutation& mutation = *call->mutation;
  const std::string& request_id = mutation.request().id;
  if (!response.ok()) {
    if (!request_id.empty()) requests_.Remove(request_id);
    mutation.Answer(response.status());
  } else if (response->succeeded) {
    // Again: a sweep may have dropped an older record of the same id since.
    if (!request_id.empty()) requests_.Add(request_id);
    Outcome outcome = std::move(call->outcome);
    if (outcome.revision == 0) outcome.revision = response->revision;
    if (outcome.lease && outcome.lease->revision == 0) outcome.lease->revision = response->revision;
    mutation.Answer(std::move(outcome));
  } else if (!request_id.empty() && ++call->attempts < kMaxAttempts) {
    call->looked_up = false;
    LookUpRequest(std::move(call));
  } else {
    LOG_ERROR("STORE_CONFLICT", "Another process has changed the leases; restart mpd-ipam",
              {{"owner", mutation.owner()}});
    mutation.Answer(LeaseErrors::StoreConflict(mutation.owner()));
  }
  for (CallPtr& waiter : waiters) Run(std::move(waiter));
}

// The first call with the id may be under way: behind the barrier its record can be read, or it has
// failed.
void LeaseBook::LookUpRequest(CallPtr call) {
  {
    MutexLock lock(&mutex_);
    Enqueue({}, [this, call = std::move(call)](absl::StatusOr<CommitResponse> barrier) mutable {
      if (barrier.ok()) {
        PostLookUp(std::move(call));
      } else {
        call->mutation->Answer(barrier.status());
      }
      EndFlight();
    });
  }
  Flush();
}

void LeaseBook::PostLookUp(CallPtr call) {
  {
    MutexLock lock(&mutex_);
    ++in_flight_;
  }
  // Shared with the job, which is gone when the worker does not take it.
  auto shared = std::make_shared<CallPtr>(std::move(call));
  const bool posted = worker_->Post([this, shared] {
    AnswerFromLog(std::move(*shared));
    EndFlight();
  });
  if (posted) return;
  (*shared)->mutation->Answer(StoreErrors::Busy(WorkerThread::kMaxQueue));
  EndFlight();
}

void LeaseBook::AnswerFromLog(CallPtr call) {
  absl::StatusOr<std::optional<Outcome>> found = requests_.Find(call->mutation->request());
  if (!found.ok()) {
    call->mutation->Answer(found.status());
  } else if (found->has_value()) {
    call->mutation->Answer(**std::move(found));
  } else {
    call->looked_up = true;
    Run(std::move(call));
  }
}

void LeaseBook::Enqueue(StoreTransaction transaction, CommitCallback done) {
  ++in_flight_;
  outgoing_.push_back({std::move(transaction), std::move(done)});
}

void LeaseBook::Flush() {
  std::vector<Outgoing> batch;
  {
    MutexLock lock(&mutex_);
    batch = TakeOutgoing();
  }
  Send(std::move(batch));
}

std::vector<LeaseBook::Outgoing> LeaseBook::TakeOutgoing() {
  // Who is sending comes back for what has been queued meanwhile.
  if (sending_) return {};
  sending_ = !outgoing_.empty();
  return std::exchange(outgoing_, {});
}

void LeaseBook::Send(std::vector<Outgoing> batch) {
  while (!batch.empty()) {
    for (Outgoing& next : batch) {
      store_->Commit(std::move(next.transaction), std::move(next.done));
    }
    batch.clear();
    MutexLock lock(&mutex_);
    batch.swap(outgoing_);
    sending_ = !batch.empty();
  }
}

void LeaseBook::EndFlight() {
  MutexLock lock(&mutex_);
  if (--in_flight_ == 0) landed_.NotifyAll();
}

absl::StatusOr<Lease> LeaseBook::GetByOwner(const std::string& owner) const {
  MutexLock lock(&mutex_);
  const LeaseEntry* entry = state_.index.FindOwner(owner);
  if (entry == nullptr || entry->revision == 0) return LeaseErrors::LeaseNotFound(owner);
  return state_.ToLease(*entry);
}

absl::StatusOr<Lease> LeaseBook::GetByAddress(Ipv4Address address) const {
  MutexLock lock(&mutex_);
  const LeaseEntry* entry = state_.index.FindAddress(address);
  if (entry == nullptr || entry->revision == 0) {
    return LeaseErrors::LeaseNotFound(address.ToString());
  }
  return state_.ToLease(*entry);
}

LeaseBook::Usage LeaseBook::GetUsage() {
  MutexLock lock(&mutex_);
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
    MutexLock lock(&mutex_);
    StoreTransaction transaction;
    for (Pool& pool : state_.pools) {
      pool.EndRests(now);
      for (Ipv4Address address : pool.TakeStaleRecords(kStaleRecordsAtOnce - stale.size())) {
        stale.emplace_back(&pool, address);
        transaction.ops.push_back({StoreOp::Type::kDelete, RestKey(address), ""});
      }
    }
    if (stale.empty()) return 0;
    Enqueue(std::move(transaction), [this, stale](absl::StatusOr<CommitResponse> response) {
      if (!response.ok()) {
        MutexLock failed(&mutex_);
        for (const auto& [pool, address] : stale) pool->AddStaleRecord(address);
      }
      EndFlight();
    });
  }
  Flush();
  return stale.size();
}

void LeaseBook::SweepRequests() {
  {
    MutexLock lock(&mutex_);
    ++in_flight_;
  }
  const bool posted = worker_->Post([this] {
    const absl::Status swept = requests_.Sweep(clock_->Now().wall);
    if (!swept.ok()) {
      LOG_WARNING("REQUEST_SWEEP_FAILED", "Old request_ids were not deleted; tried again later",
                  {{"error", std::string(swept.message())}});
    }
    EndFlight();
  });
  if (!posted) EndFlight();
}

}  // namespace mpd::ipam
