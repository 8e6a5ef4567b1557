#include "ipam/book/commit_queue.h"

#include <utility>

namespace mpd::ipam {

void CommitQueue::Push(StoreTransaction transaction, CommitCallback done) {
  const MutexLock lock(&mutex_);
  entries_.push_back({std::move(transaction), std::move(done)});
}

void CommitQueue::Flush() {
  std::vector<Entry> batch;
  {
    const MutexLock lock(&mutex_);
    if (flushing_) return;
    batch.swap(entries_);
    flushing_ = !batch.empty();
  }
  while (!batch.empty()) {
    for (Entry& entry : batch) store_->Commit(std::move(entry.transaction), std::move(entry.done));
    batch.clear();
    const MutexLock lock(&mutex_);
    batch.swap(entries_);
    flushing_ = !batch.empty();
  }
}

}  // namespace mpd::ipam
