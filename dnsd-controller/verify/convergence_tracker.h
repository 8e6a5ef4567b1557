// Keeps account of the answers that the resolver still has to give, and of the revision up to which
// it has given them all.
//
// Each write to the disk adds one batch of expected answers under the write's revision. An answer
// is pending until it has been verified, that is, seen to be given by the resolver. A revision
// counts as published once every answer of its batch and of all earlier batches is verified. When a
// name changes again while its answer is pending, the new answer takes the place of the old one in
// the queue and still counts for the old batch, so that no batch is passed by a later one.
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

// Does no I/O. Not thread-safe.
class ConvergenceTracker {
 public:
  struct Item {
    ExpectedAnswer expected;
    // Tells this expectation from an earlier one of the same name and type.
    int64_t generation = 0;
  };

  void AddBatch(int64_t revision, const std::vector<ExpectedAnswer>& expected);
  // While held, published_revision() does not advance. The prober holds it while the resolver is
  // silent: otherwise a batch without answers would count as published by a resolver that is down.
  void Hold(bool held);
  // Called when ipam's store was recreated: the published revision starts again from 0. What is
  // pending stays pending, and the new store's revisions are published after it.
  void NewStore();

  // At most `limit` pending answers, the one that has been pending longest first. There is at most
  // one per name and record type.
  std::vector<Item> ListPending(size_t limit = std::numeric_limits<size_t>::max()) const;
  size_t pending_count() const { return pending_.size(); }
  // Identifies the answer that has been pending longest: the value changes once that answer is
  // verified. 0 when nothing is pending.
  int64_t oldest_pending() const { return queue_.empty() ? 0 : queue_.begin()->first; }

  // The resolver has given the answer. Returns false, and changes nothing, when another answer is
  // expected by now or the answer was verified before.
  bool MarkVerified(const Item& item);

  int64_t published_revision() const { return published_revision_; }

 private:
  using Key = std::pair<uint16_t, std::string>;
  struct Pending {
    int64_t place = 0;  // the key in queue_
    std::string value;
    int64_t batch = 0;  // the batch that waits for it
    int64_t generation = 0;
  };
  struct Batch {
    int64_t id = 0;
    int64_t revision = 0;
    int64_t pending = 0;  // answers that it waits for
  };
  Batch* FindBatch(int64_t id);
  void AdvancePublished();

  std::map<Key, Pending> pending_;
  // Pending answers in the order in which they were added; points at keys of pending_.
  std::map<int64_t, const Key*> queue_;
  // Ordered by id. At most one more than there are pending answers.
  std::deque<Batch> batches_;
  bool held_ = false;
  int64_t last_batch_ = 0;
  int64_t last_place_ = 0;
  int64_t last_generation_ = 0;
  int64_t published_revision_ = 0;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_VERIFY_CONVERGENCE_TRACKER_H_
