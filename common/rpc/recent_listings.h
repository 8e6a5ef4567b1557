// Listings that are kept so that their further pages show the revision of the first one. For what
// is in memory alone; a store's revisions are kept by the store.
//
// The first page of a listing that has more pages is answered from a copy, which Keep remembers.
// Each further page is cut from the copy that Find gives, or answered with ListingExpired.
#ifndef MPD_COMMON_RPC_RECENT_LISTINGS_H_
#define MPD_COMMON_RPC_RECENT_LISTINGS_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/base/mutex.h"

namespace mpd {

// OUT_OF_RANGE (LISTING_EXPIRED), metadata `revision`: that of the page token.
absl::Status ListingExpired(int64_t revision);

// Content is a listing as it was at one revision. Thread-safe.
template <typename Content>
class RecentListings {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // How many revisions are kept, and for how long after their first page.
  static constexpr size_t kLimit = 4;
  static constexpr std::chrono::minutes kKeepTime{1};

  // Replaces what is kept of the same revision, and the oldest where there are too many.
  void Keep(const std::string& store_id, int64_t revision, std::shared_ptr<const Content> content,
            Time now = std::chrono::steady_clock::now()) {
    MutexLock lock(&mutex_);
    DropOld(now);
    const auto same = Place(store_id, revision);
    if (same != kept_.end()) kept_.erase(same);
    if (kept_.size() == kLimit) kept_.pop_front();
    kept_.push_back({store_id, revision, std::move(content), now});
  }

  // nullptr where it is not kept, or not any more.
  std::shared_ptr<const Content> Find(const std::string& store_id, int64_t revision,
                                      Time now = std::chrono::steady_clock::now()) {
    MutexLock lock(&mutex_);
    DropOld(now);
    const auto place = Place(store_id, revision);
    return place == kept_.end() ? nullptr : place->content;
  }

 private:
  struct Kept {
    std::string store_id;
    int64_t revision = 0;
    std::shared_ptr<const Content> content;
    Time since;
  };

  void DropOld(Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (!kept_.empty() && now - kept_.front().since > kKeepTime) kept_.pop_front();
  }
  typename std::deque<Kept>::iterator Place(const std::string& store_id, int64_t revision)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
      return kept.revision == revision && kept.store_id == store_id;
    });
  }

  Mutex mutex_;
  // The oldest first.
  std::deque<Kept> kept_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd

#endif  // MPD_COMMON_RPC_RECENT_LISTINGS_H_
