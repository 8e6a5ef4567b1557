#include "dnsd-controller/verify/convergence_tracker.h"

#include <algorithm>

namespace mpd::dnsd {

void ConvergenceTracker::AddBatch(int64_t revision, const std::vector<ExpectedAnswer>& expected) {
  // A last batch that waits for nothing would be published together with this one anyway, so it is
  // reused. This keeps the number of batches bounded by the number of pending answers.
  if (!batches_.empty() && batches_.back().pending == 0) {
    batches_.back().revision = revision;
  } else {
    batches_.push_back({++last_batch_, revision, 0});
  }
  for (const ExpectedAnswer& answer : expected) {
    const auto [pending, added] = pending_.try_emplace({answer.type, answer.name});
    if (added) {
      pending->second.place = ++last_place_;
      queue_.emplace(last_place_, &pending->first);
      pending->second.batch = last_batch_;
      ++batches_.back().pending;
    }
    pending->second.value = answer.value;
    pending->second.generation = ++last_generation_;
  }
  AdvancePublished();
}

void ConvergenceTracker::Hold(bool held) {
  held_ = held;
  AdvancePublished();
}

void ConvergenceTracker::NewStore() {
  published_revision_ = 0;
  // The old store's revisions mean nothing any more, but its answers must still be verified before
  // the first batch of the new store is published. They become one batch of revision 0.
  batches_.clear();
  batches_.push_back({++last_batch_, 0, static_cast<int64_t>(pending_.size())});
  for (auto& [key, pending] : pending_) pending.batch = last_batch_;
  AdvancePublished();
}

std::vector<ConvergenceTracker::Item> ConvergenceTracker::ListPending(size_t limit) const {
  std::vector<Item> items;
  items.reserve(std::min(limit, queue_.size()));
  for (const auto& [place, key] : queue_) {
    if (items.size() == limit) break;
    const Pending& pending = pending_.at(*key);
    items.push_back({{key->second, key->first, pending.value}, pending.generation});
  }
  return items;
}

bool ConvergenceTracker::MarkVerified(const Item& item) {
  const auto pending = pending_.find({item.expected.type, item.expected.name});
  if (pending == pending_.end() || pending->second.generation != item.generation) return false;
  if (Batch* batch = FindBatch(pending->second.batch)) --batch->pending;
  queue_.erase(pending->second.place);
  pending_.erase(pending);
  AdvancePublished();
  return true;
}

ConvergenceTracker::Batch* ConvergenceTracker::FindBatch(int64_t id) {
  // Ids are consecutive, and the front has the lowest one, so the id gives the position.
  if (batches_.empty() || id < batches_.front().id) return nullptr;
  return &batches_[static_cast<size_t>(id - batches_.front().id)];
}

void ConvergenceTracker::AdvancePublished() {
  while (!held_ && !batches_.empty() && batches_.front().pending == 0) {
    published_revision_ = batches_.front().revision;
    batches_.pop_front();
  }
}

}  // namespace mpd::dnsd
