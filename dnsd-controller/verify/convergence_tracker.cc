#include "dnsd-controller/verify/convergence_tracker.h"

#include <algorithm>

namespace mpd::dnsd {

void ConvergenceTracker::AddBatch(int64_t revision,
                                  const std::vector<ExpectedAnswer>& expectations) {
  if (!batches_.empty() && batches_.back().open == 0) {
    batches_.back().revision = revision;
  } else {
    batches_.push_back({++last_batch_, revision, 0});
  }
  for (const ExpectedAnswer& expectation : expectations) {
    const auto [debt, added] = owed_.try_emplace({expectation.type, expectation.name});
    if (added) {
      debt->second.place = ++last_place_;
      queue_.emplace(last_place_, &debt->first);
      debt->second.batch = last_batch_;
      ++batches_.back().open;
    }
    debt->second.value = expectation.value;
    debt->second.generation = ++last_generation_;
  }
  Advance();
}

void ConvergenceTracker::Hold(bool held) {
  held_ = held;
  Advance();
}

void ConvergenceTracker::NewStore() {
  published_revision_ = 0;
  // One batch that nothing but the new store's first one can overtake.
  batches_.clear();
  batches_.push_back({++last_batch_, 0, static_cast<int64_t>(owed_.size())});
  for (auto& [key, debt] : owed_) debt.batch = last_batch_;
  Advance();
}

std::vector<ConvergenceTracker::Item> ConvergenceTracker::Owed(size_t limit) const {
  std::vector<Item> items;
  items.reserve(std::min(limit, queue_.size()));
  for (const auto& [place, key] : queue_) {
    if (items.size() == limit) break;
    const Debt& debt = owed_.at(*key);
    items.push_back({{key->second, key->first, debt.value}, debt.generation});
  }
  return items;
}

bool ConvergenceTracker::Prove(const Item& item) {
  const auto debt = owed_.find({item.expectation.type, item.expectation.name});
  if (debt == owed_.end() || debt->second.generation != item.generation) return false;
  if (Batch* batch = FindBatch(debt->second.batch)) --batch->open;
  queue_.erase(debt->second.place);
  owed_.erase(debt);
  Advance();
  return true;
}

ConvergenceTracker::Batch* ConvergenceTracker::FindBatch(int64_t id) {
  // Ids are consecutive, the queue's front has the lowest.
  if (batches_.empty() || id < batches_.front().id) return nullptr;
  return &batches_[static_cast<size_t>(id - batches_.front().id)];
}

void ConvergenceTracker::Advance() {
  while (!held_ && !batches_.empty() && batches_.front().open == 0) {
    published_revision_ = batches_.front().revision;
    batches_.pop_front();
  }
}

}  // namespace mpd::dnsd
