// Hands transactions to the store in the order in which they were queued, and holds no lock while
// it calls the store.
#ifndef MPD_IPAM_BOOK_COMMIT_QUEUE_H_
#define MPD_IPAM_BOOK_COMMIT_QUEUE_H_

#include <vector>

#include "common/base/mutex.h"
#include "common/store/store.h"

namespace mpd::ipam {

// Thread-safe. Its length is bounded by its users: each of their calls queues one transaction at a
// time.
class CommitQueue {
 public:
  // `store` must outlive the queue.
  explicit CommitQueue(Store* store) : store_(store) {}

  // Queues a transaction. Whoever calls it under the lock under which the transaction was decided
  // has the transactions committed in the order of the decisions. `done` is what Store::Commit
  // takes.
  void Push(StoreTransaction transaction, CommitCallback done) ABSL_LOCKS_EXCLUDED(mutex_);

  // Commits what is queued, without waiting until it is durable. When another thread is at that, it
  // returns at once, and the other thread commits these transactions too. To be called after each
  // Push, without the lock that callbacks take, because the store may call `done` at once.
  void Flush() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Entry {
    StoreTransaction transaction;
    CommitCallback done;
  };

  Store* const store_;
  Mutex mutex_;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  bool flushing_ ABSL_GUARDED_BY(mutex_) = false;  // a thread is in Flush and will take more
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_BOOK_COMMIT_QUEUE_H_
