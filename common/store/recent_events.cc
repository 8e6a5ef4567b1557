#include "common/store/recent_events.h"

#include <utility>

#include "absl/strings/match.h"

namespace mpd {

RecentEvents::RecentEvents(int64_t capacity, int64_t revision)
    : capacity_(capacity), newest_(revision) {}

void RecentEvents::Append(std::vector<StoreEvent> events) {
  auto revision = std::make_shared<const std::vector<StoreEvent>>(std::move(events));
  std::vector<Revision> dropped;  // destroyed after the lock
  MutexLock lock(&mutex_);
  ++newest_;
  size_ += static_cast<int64_t>(revision->size());
  revisions_.push_back(std::move(revision));
  while (size_ > capacity_ && !revisions_.empty()) {
    size_ -= static_cast<int64_t>(revisions_.front()->size());
    dropped.push_back(std::move(revisions_.front()));
    revisions_.pop_front();
  }
}

std::optional<std::vector<RecentEvents::Revision>> RecentEvents::Snapshot(int64_t from_revision,
                                                                          int64_t& newest) const {
  MutexLock lock(&mutex_);
  newest = newest_;
  const int64_t first = newest_ - static_cast<int64_t>(revisions_.size()) + 1;
  if (from_revision < first || from_revision > newest_ + 1) return std::nullopt;
  return std::vector<Revision>(revisions_.begin() + (from_revision - first), revisions_.end());
}

std::optional<EventBatch> RecentEvents::Read(const std::string& prefix, int64_t from_revision,
                                             int64_t limit) const {
  EventBatch batch;
  const std::optional<std::vector<Revision>> revisions = Snapshot(from_revision, batch.revision);
  if (!revisions.has_value()) return std::nullopt;
  int64_t revision = from_revision;
  for (const Revision& events : *revisions) {
    if (limit > 0 && static_cast<int64_t>(batch.events.size()) >= limit) {
      batch.revision = revision - 1;
      break;
    }
    for (const StoreEvent& event : *events) {
      if (absl::StartsWith(event.kv.key, prefix)) batch.events.push_back(event);
    }
    ++revision;
  }
  return batch;
}

}  // namespace mpd
