// The latest events in memory, shared by all watchers that are nearly up to date.
#ifndef MPD_COMMON_STORE_RECENT_EVENTS_H_
#define MPD_COMMON_STORE_RECENT_EVENTS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/store/store.h"

namespace mpd {

// Thread-safe.
class RecentEvents {
 public:
  // Holds about `capacity` events; `revision` is the newest of the store.
  RecentEvents(int64_t capacity, int64_t revision);

  // The events of the next revision; none may be left out.
  void Append(std::vector<StoreEvent> events);

  // As Store::ReadEvents. Nothing when from_revision is too old for it, or newer than what it has
  // been told.
  std::optional<EventBatch> Read(const std::string& prefix, int64_t from_revision,
                                 int64_t limit) const;

 private:
  using Revision = std::shared_ptr<const std::vector<StoreEvent>>;

  // The revisions from from_revision to the newest, which is set. Copying pointers is all that
  // happens under the lock.
  std::optional<std::vector<Revision>> Snapshot(int64_t from_revision, int64_t& newest) const;

  const int64_t capacity_;
  mutable Mutex mutex_;
  // The last one is of newest_, without gaps.
  std::deque<Revision> revisions_ ABSL_GUARDED_BY(mutex_);
  int64_t newest_ ABSL_GUARDED_BY(mutex_);
  int64_t size_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mpd

#endif  // MPD_COMMON_STORE_RECENT_EVENTS_H_
