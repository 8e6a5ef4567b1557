// Which answers the resolver still owes, and up to which revision it has given them all. Pure
// bookkeeping; not thread-safe.
//
// A batch is what one write to the disk changed. A revision counts as published once every answer
// of its batch and of those before it has been seen. A name that changes again before it was proved
// keeps its old place in the queue, with the new answer: nothing is skipped over.
#ifndef MPD_DNSD_CONTROLLER_VERIFY_CONVERGENCE_TRACKER_H_
#define MPD_DNSD_CONTROLLER_VERIFY_CONVERGENCE_TRACKER_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dnsd-controller/zone/expected_answer.h"

namespace mpd::dnsd {

class ConvergenceTracker {
 public:
  struct Item {
    ExpectedAnswer expectation;
    int64_t generation = 0;
  };

  void AddBatch(int64_t revision, const std::vector<ExpectedAnswer>& expectations);
  // While held the published revision stays, for a resolver that answers nothing proves nothing.
  void Hold(bool held);
  // Revisions count anew, from 0; what is owed stays owed.
  void NewStore();

  // What is owed, the longest owed first, at most so many. All of it is bounded by the number of
  // names and addresses that changed.
  std::vector<Item> Owed(size_t limit = std::numeric_limits<size_t>::max()) const;
  size_t owed_count() const { return owed_.size(); }
  // A number for the longest owed: another one once that is proved; 0 where nothing is owed.
  int64_t oldest() const { return queue_.empty() ? 0 : queue_.begin()->first; }

  // The answer was seen. False when it is not what is owed any more.
  bool Prove(const Item& item);

  int64_t published_revision() const { return published_revision_; }

 private:
  using Key = std::pair<uint16_t, std::string>;
  struct Debt {
    int64_t place = 0;  // in queue_
    std::string value;
    int64_t batch = 0;  // the first one that is open because of it
    int64_t generation = 0;
  };
  struct Batch {
    int64_t id = 0;
    int64_t revision = 0;
    int64_t open = 0;
  };
  Batch* FindBatch(int64_t id);
  void Advance();

  std::map<Key, Debt> owed_;
  // In the order of their batches. Keys stay where they are in owed_.
  std::map<int64_t, const Key*> queue_;
  // At most one more than there are debts.
  std::deque<Batch> batches_;
  bool held_ = false;
  int64_t last_batch_ = 0;
  int64_t last_place_ = 0;
  int64_t last_generation_ = 0;
  int64_t published_revision_ = 0;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_VERIFY_CONVERGENCE_TRACKER_H_
