// The leases, kept in step between memory and store.
#ifndef MPD_IPAM_BOOK_LEASE_BOOK_H_
#define MPD_IPAM_BOOK_LEASE_BOOK_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/async/worker_thread.h"
#include "common/base/mutex.h"
#include "common/store/store.h"
#include "ipam/book/request_log.h"
#include "ipam/leases/clock.h"
#include "ipam/leases/lease.h"
#include "ipam/leases/lease_state.h"
#include "ipam/leases/mutation.h"

namespace mpd::ipam {

// A change is decided in memory, under the lock, and committed to the store without waiting; the
// call is answered when that is durable, and what it reserved is given back when it failed. So
// calls of different owners share the store's group commits, and none blocks a thread. Reads tell
// only what is durable. A call that meets a change under way of the lease it is about waits for it,
// in turn.
//
// Thread-safe.
class LeaseBook {
 public:
  // Reads the store; blocks. `store`, `clock` and `worker` must outlive the book. Errors: those of
  // LoadLeaseState.
  static absl::StatusOr<std::unique_ptr<LeaseBook>> Open(Store* store,
                                                         const std::vector<PoolConfig>& pools,
                                                         absl::Duration cooldown,
                                                         const Clock* clock, WorkerThread* worker);
  // Waits until every call has been answered.
  ~LeaseBook() ABSL_LOCKS_EXCLUDED(mutex_);

  // The outcome of the call, or its error, goes to the mutation's callback: on this thread, the
  // store's or the worker's. Errors beside the mutation's own: REQUEST_ID_REUSED, those of
  // Store::Commit, and RESOURCE_EXHAUSTED (STORE_BUSY) when too many calls wait.
  void Submit(std::unique_ptr<Mutation> mutation);

  // NOT_FOUND (LEASE_NOT_FOUND).
  absl::StatusOr<Lease> GetByOwner(const std::string& owner) const ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<Lease> GetByAddress(Ipv4Address address) const ABSL_LOCKS_EXCLUDED(mutex_);

  struct Usage {
    std::vector<PoolUsage> pools;
    int64_t revision = 0;  // at which the leases are counted
  };
  Usage GetUsage() ABSL_LOCKS_EXCLUDED(mutex_);

  // Deletes, without waiting, records of rests that are over: a bounded number, returned.
  size_t DeleteStaleRests() ABSL_LOCKS_EXCLUDED(mutex_);
  // Has the worker delete records of requests older than kRequestKeepTime.
  void SweepRequests() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Call {
    std::unique_ptr<Mutation> mutation;
    bool looked_up = false;       // the request_id was found to have no record
    int attempts = 0;             // commits that met another record of the request_id
    LeaseEntry* entry = nullptr;  // of the change under way
    Outcome outcome;
  };
  using CallPtr = std::unique_ptr<Call>;

  LeaseBook(Store* store, const Clock* clock, WorkerThread* worker);

  void Run(CallPtr call) ABSL_LOCKS_EXCLUDED(mutex_);
  // What is to be answered at once: gives the call back. nullptr: it waits or is being committed.
  CallPtr Decide(CallPtr call, absl::StatusOr<Outcome>* answer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  CallPtr Wait(CallPtr call, const LeaseEntry* entry, absl::StatusOr<Outcome>* answer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Commit(CallPtr call, Change change, Moment now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnCommitted(CallPtr call, const absl::StatusOr<CommitResponse>& response)
      ABSL_LOCKS_EXCLUDED(mutex_);
  std::deque<CallPtr> Settle(Call* call, const absl::StatusOr<CommitResponse>& response)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void LookUpRequest(CallPtr call) ABSL_LOCKS_EXCLUDED(mutex_);
  void PostLookUp(CallPtr call) ABSL_LOCKS_EXCLUDED(mutex_);
  void AnswerFromLog(CallPtr call) ABSL_LOCKS_EXCLUDED(mutex_);

  // Decisions are made under the lock and committed without it, because the store may answer at
  // once, and in the order of the decisions: by way of a queue that one thread at a time empties.
  void Enqueue(StoreTransaction transaction, CommitCallback done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  struct Outgoing {
    StoreTransaction transaction;
    CommitCallback done;
  };
  // What the caller is to send; nothing while another one sends.
  std::vector<Outgoing> TakeOutgoing() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Send(std::vector<Outgoing> batch) ABSL_LOCKS_EXCLUDED(mutex_);
  void Flush() ABSL_LOCKS_EXCLUDED(mutex_);
  void EndFlight() ABSL_LOCKS_EXCLUDED(mutex_);

  Store* const store_;
  const Clock* const clock_;
  WorkerThread* const worker_;
  RequestLog requests_;

  mutable Mutex mutex_;
  CondVar landed_;
  LeaseState state_ ABSL_GUARDED_BY(mutex_);
  // Calls that wait for the change under way of an entry.
  absl::flat_hash_map<const LeaseEntry*, std::deque<CallPtr>> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_count_ ABSL_GUARDED_BY(mutex_) = 0;
  // No longer than the number of calls under way.
  std::vector<Outgoing> outgoing_ ABSL_GUARDED_BY(mutex_);
  bool sending_ ABSL_GUARDED_BY(mutex_) = false;
  // Callbacks of the store and jobs of the worker that will still use this.
  int64_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_BOOK_LEASE_BOOK_H_
