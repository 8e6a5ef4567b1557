// Makes changes of leases durable, and answers reads from memory.
//
// A change goes through these steps; LeaseBook's functions have the same names:
//   1. Process: when the call's request_id may be known, LookUpRequest first waits until earlier
//      commits are durable, and then reads the reply to the first call with that id. If there is
//      one, it is the reply to this call.
//   2. Decide, under the lock: the mutation decides on the state in memory and reserves what it
//      takes. If another change of the same lease is under way, the call waits for its end and is
//      then processed again. If nothing changes, the call is replied to at once.
//   3. QueueCommit: the transaction is queued; CommitQueue hands it to the store without the lock.
//   4. OnCommitted: on success the mutation is applied to the state; on failure what it reserved is
//      given back. The call is replied to, and the calls that waited for it are processed.
//
// No step blocks a thread, so calls of different owners are under way at the same time and share
// the store's group commits. Reads return only what is durable.
#ifndef MPD_IPAM_BOOK_LEASE_BOOK_H_
#define MPD_IPAM_BOOK_LEASE_BOOK_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/async/worker_thread.h"
#include "common/base/mutex.h"
#include "common/store/store.h"
#include "ipam/book/commit_queue.h"
#include "ipam/book/in_flight.h"
#include "ipam/book/request_log.h"
#include "ipam/leases/clock.h"
#include "ipam/leases/lease.h"
#include "ipam/leases/lease_state.h"
#include "ipam/leases/mutation.h"

namespace mpd::ipam {

// Thread-safe.
class LeaseBook {
 public:
  // Reads the leases from the store; blocks. `store`, `clock` and `worker` must outlive the book.
  // Errors: those of LoadLeaseState.
  static absl::StatusOr<std::unique_ptr<LeaseBook>> Open(Store* store,
                                                         const std::vector<PoolConfig>& pools,
                                                         absl::Duration cooldown,
                                                         const Clock* clock, WorkerThread* worker);
  // Waits until every call has been replied to.
  ~LeaseBook();

  // Carries out the change. Its callback gets the outcome or the error, on the calling thread, the
  // store's or the worker's. Errors besides those of the mutation: FAILED_PRECONDITION
  // (REQUEST_ID_REUSED, STORE_CONFLICT), those of Store::Commit, and RESOURCE_EXHAUSTED
  // (STORE_BUSY) when too many calls wait.
  void Submit(std::unique_ptr<Mutation> mutation);

  // NOT_FOUND (LEASE_NOT_FOUND).
  absl::StatusOr<Lease> GetByOwner(const std::string& owner) const ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<Lease> GetByAddress(Ipv4Address address) const ABSL_LOCKS_EXCLUDED(mutex_);

  struct Usage {
    std::vector<PoolUsage> pools;
    int64_t revision = 0;  // at which these numbers are true
  };
  Usage GetUsage() ABSL_LOCKS_EXCLUDED(mutex_);

  // Starts deleting the store's records of rests that are over, at most 1024 of them, and returns
  // how many. What fails to be deleted is deleted by a later call.
  size_t DeleteStaleRests() ABSL_LOCKS_EXCLUDED(mutex_);
  // Has the worker delete the records of request_ids older than kRequestKeepTime.
  void SweepRequests() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Call {
    std::unique_ptr<Mutation> mutation;
    bool looked_up = false;       // the request_id was found to have no record
    int attempts = 0;             // commits that failed because the request_id had a record by then
    LeaseEntry* entry = nullptr;  // the lease that the commit under way changes
    Outcome outcome;              // the reply, once that commit is durable
  };
  using CallPtr = std::unique_ptr<Call>;
  using Result = absl::StatusOr<Outcome>;

  LeaseBook(Store* store, const Clock* clock, WorkerThread* worker);

  void Process(CallPtr call) ABSL_LOCKS_EXCLUDED(mutex_);

  void LookUpRequest(CallPtr call) ABSL_LOCKS_EXCLUDED(mutex_);
  void PostLookUp(CallPtr call) ABSL_LOCKS_EXCLUDED(mutex_);
  void ReplyFromLog(CallPtr call) ABSL_LOCKS_EXCLUDED(mutex_);

  // Returns the reply when it is known already. Otherwise takes the call: it waits for another
  // change, or its commit is queued.
  std::optional<Result> Decide(CallPtr* call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Result> AwaitChange(CallPtr* call, const LeaseEntry* entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void QueueCommit(CallPtr call, Change change, Moment now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void OnCommitted(CallPtr call, const absl::StatusOr<CommitResponse>& response)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Returns the calls that waited for this one.
  std::deque<CallPtr> ApplyOrUndo(Call* call, const absl::StatusOr<CommitResponse>& response)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void ReplyToCommitted(CallPtr call, const absl::StatusOr<CommitResponse>& response)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const Clock* const clock_;
  WorkerThread* const worker_;
  RequestLog requests_;

  CommitQueue commits_;
  // Callbacks of the store and jobs of the worker that still use this object.
  InFlight in_flight_;

  mutable Mutex mutex_;
  LeaseState state_ ABSL_GUARDED_BY(mutex_);
  // Calls that wait for the end of the change under way of an entry, in the order in which they
  // came.
  absl::flat_hash_map<const LeaseEntry*, std::deque<CallPtr>> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_BOOK_LEASE_BOOK_H_
