// Watch streams over a part of a store: the current state, then the log's tail.
#ifndef MPD_COMMON_WATCH_STORE_WATCH_H_
#define MPD_COMMON_WATCH_STORE_WATCH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/store/store.h"
#include "common/watch/watch_reactor.h"

namespace mpd {

struct StoreWatchOptions {
  // Keys with this prefix.
  std::string prefix;
  // As in the request: 0 for the current state first, else the revision to begin at.
  int64_t start_revision = 0;
  // As in the request: which store the revision is of. Ignored with a start_revision of 0.
  std::string store_id;
  // About how many events a message holds …
  int64_t batch = 256;
  // … and how many bytes of keys and values: more only where one revision alone has more. A
  // thousand streams may each have a message in flight.
  size_t batch_bytes = 64 << 10;
  // A stream that has once been as good as up to date and then falls further behind than this is
  // ended.
  int64_t max_lag = 10'000;
};

// The place of one stream in the store. Not thread-safe; blocks for the time of the disk.
class StoreWatchCursor {
 public:
  struct Step {
    std::vector<StoreEvent> events;
    // The revision of the state that is being sent, or up to which the log has been read.
    int64_t revision = 0;
    bool synced = false;
  };

  // `store` must outlive it.
  StoreWatchCursor(Store* store, StoreWatchOptions options);

  // False: nothing new. The first step of a stream from a revision comes at once, events or not: it
  // tells the client that it is connected. Errors: OUT_OF_RANGE (STORE_RECREATED,
  // REVISION_COMPACTED, REVISION_FUTURE), RESOURCE_EXHAUSTED (SLOW_READER), INVALID_ARGUMENT
  // (INVALID_FIELD: a negative start_revision, or one without store_id).
  absl::StatusOr<bool> Next(Step* step);

  int64_t revision() const { return revision_; }
  const std::string& store_id() const { return store_->store_id(); }

 private:
  enum class Phase { kBegin, kSnapshot, kSynced, kResumed, kLog };

  absl::Status Begin();
  absl::StatusOr<bool> NextOfSnapshot(Step* step);
  absl::StatusOr<bool> NextOfLog(Step* step);
  absl::Status CheckLag() const;
  // Cuts off what is too much for one message, at the end of a revision.
  void Trim(EventBatch* batch) const;

  Store* const store_;
  const StoreWatchOptions options_;
  Phase phase_ = Phase::kBegin;
  // The snapshot's, then up to which the log has been read.
  int64_t revision_ = 0;
  std::string last_key_;
  // Whether it has been within a batch of the newest: from then on, being behind is slowness.
  bool live_ = false;
};

// Response has revision, store_id and synced. `add` puts an event into the response, or leaves it
// out; its error ends the stream.
template <typename Response>
class StoreWatchSource final : public WatchSource<Response> {
 public:
  using Add = absl::AnyInvocable<absl::Status(const StoreEvent&, Response*)>;

  // `store` must outlive it.
  StoreWatchSource(Store* store, StoreWatchOptions options, Add add)
      : cursor_(store, std::move(options)), add_(std::move(add)) {}

  absl::StatusOr<bool> Next(Response* response) override {
    StoreWatchCursor::Step step;
    const absl::StatusOr<bool> any = cursor_.Next(&step);
    if (!any.ok() || !*any) return any;
    for (const StoreEvent& event : step.events) {
      if (absl::Status added = add_(event, response); !added.ok()) return added;
    }
    response->set_revision(step.revision);
    response->set_store_id(cursor_.store_id());
    response->set_synced(step.synced);
    return true;
  }
  void Progress(Response* response) override {
    response->set_revision(cursor_.revision());
    response->set_store_id(cursor_.store_id());
  }

 private:
  StoreWatchCursor cursor_;
  Add add_;
};

// Wakes the hub's streams at each commit for as long as it lives. Neither is owned; both must
// outlive it.
class StoreWakesWatches {
 public:
  StoreWakesWatches(Store* store, WatchHub* hub);
  ~StoreWakesWatches();
  StoreWakesWatches(const StoreWakesWatches&) = delete;
  StoreWakesWatches& operator=(const StoreWakesWatches&) = delete;

 private:
  Store* const store_;
  const int64_t subscription_;
};

}  // namespace mpd

#endif  // MPD_COMMON_WATCH_STORE_WATCH_H_
