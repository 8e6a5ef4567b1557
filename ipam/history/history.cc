#include "ipam/history/history.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mpd::ipam {
namespace {

using State = std::map<std::string, SeenLease>;  // by owner
using Violations = std::vector<std::string>;

std::string Describe(const SeenLease& lease) {
  if (lease.owner.empty()) return "no lease";
  return absl::StrCat(lease.owner, " at ", lease.address, " [", absl::StrJoin(lease.hostnames, " "),
                      "] @", lease.revision);
}

std::string Describe(const SeenChange& change) {
  return absl::StrCat(change.put ? "put " : "delete ", Describe(change.lease));
}

std::string Describe(const SeenCall& call) {
  constexpr const char* kNames[] = {"allocate", "update", "release", "read"};
  return absl::StrCat("client ", call.client, ": ", kNames[static_cast<int>(call.type)], " ",
                      call.owner, " (", call.request_id, ")");
}

bool IsSame(const SeenChange& a, const SeenChange& b) {
  return a.put == b.put && a.lease == b.lease;
}

// Replays the log to know the state at each revision.
class Replay {
 public:
  Replay(const History& history, Violations* violations) : violations_(violations) {
    CollectStates(history);
    int64_t newest = 0;
    for (size_t i = 0; i < history.log.size();) {
      const int64_t revision = history.log[i].lease.revision;
      if (revision <= newest) Add("the log goes back from ", newest, " to ", revision);
      CompareStatesBefore(revision);
      // The changes of one transaction happen together: what one of them frees another may take.
      const size_t begin = i;
      while (i < history.log.size() && history.log[i].lease.revision == revision) ++i;
      for (size_t k = begin; k < i; ++k) Unclaim(history.log[k].lease.owner);
      for (size_t k = begin; k < i; ++k) Apply(history.log[k]);
      newest = revision;
    }
    CompareStatesBefore(INT64_MAX);
  }

  // The change of the owner at this revision; nullptr when there is none.
  const SeenChange* Find(const std::string& owner, int64_t revision) const {
    const auto found = changes_.find({owner, revision});
    return found == changes_.end() ? nullptr : &found->second;
  }
  bool HeldAt(const std::string& owner, int64_t revision) const {
    auto after = changes_.upper_bound({owner, revision});
    if (after == changes_.begin()) return false;
    const auto last = std::prev(after);
    return last->first.first == owner && last->second.put;
  }

 private:
  struct ExpectedState {
    std::string seen_by;
    State state;
  };

  template <typename... Parts>
  void Add(const Parts&... parts) {
    violations_->push_back(absl::StrCat(parts...));
  }

  void CollectStates(const History& history) {
    for (const SeenListing& listing : history.listings) {
      State state;
      for (const SeenLease& lease : listing.leases) state[lease.owner] = lease;
      expected_.emplace(listing.revision, ExpectedState{"a listing", std::move(state)});
    }
    for (const auto& streams : history.watchers) {
      for (const SeenStream& stream : streams) CollectSnapshot(stream);
    }
  }

  void CollectSnapshot(const SeenStream& stream) {
    if (stream.start_revision != 0) return;
    State state;
    for (const SeenMessage& message : stream.messages) {
      for (const SeenChange& change : message.changes) state[change.lease.owner] = change.lease;
      if (!message.synced) continue;
      expected_.emplace(message.revision, ExpectedState{"a watcher's first state", state});
      return;
    }
  }

  void CompareStatesBefore(int64_t revision) {
    while (!expected_.empty() && expected_.begin()->first < revision) {
      const auto& [at, expected] = *expected_.begin();
      if (expected.state != state_) {
        Add(expected.seen_by, " at revision ", at, " is not the state of that revision");
      }
      expected_.erase(expected_.begin());
    }
  }

  void Apply(const SeenChange& change) {
    const SeenLease& lease = change.lease;
    const auto held = state_.find(lease.owner);
    if (held == state_.end()) {
      if (!change.put) Add(Describe(change), ": there was no lease");
    } else if (held->second.address != lease.address) {
      Add(Describe(change), ": the owner held ", held->second.address);
    } else if (!change.put && held->second.hostnames != lease.hostnames) {
      Add(Describe(change), ": its last state was ", Describe(held->second));
    }
    if (!changes_.emplace(std::pair(lease.owner, lease.revision), change).second) {
      Add(Describe(change), ": the second change of this owner at one revision");
    }
    if (change.put) {
      state_[lease.owner] = lease;
      Claim(lease);
    } else {
      state_.erase(lease.owner);
    }
  }

  void Unclaim(const std::string& owner) {
    const auto held = state_.find(owner);
    if (held == state_.end()) return;
    const auto drop = [&](const std::string& what) {
      const auto holder = holders_.find(what);
      if (holder != holders_.end() && holder->second == owner) holders_.erase(holder);
    };
    drop(held->second.address);
    for (const std::string& hostname : held->second.hostnames) drop(hostname);
  }

  void Claim(const SeenLease& lease) {
    const auto claim = [&](const std::string& what) {
      const auto [first, is_new] = holders_.emplace(what, lease.owner);
      if (is_new || first->second == lease.owner) return;
      Add("at revision ", lease.revision, " ", what, " has two owners: ", first->second, " and ",
          lease.owner);
    };
    claim(lease.address);
    for (const std::string& hostname : lease.hostnames) claim(hostname);
  }

  Violations* const violations_;
  State state_;
  std::map<std::string, std::string> holders_;  // address or hostname to its owner
  std::map<std::pair<std::string, int64_t>, SeenChange> changes_;
  std::multimap<int64_t, ExpectedState> expected_;
};

class CallCheck {
 public:
  CallCheck(const Replay& replay, Violations* violations)
      : replay_(replay), violations_(violations) {}

  void Add(const SeenCall& call) {
    if (call.result == SeenCall::Result::kUnanswered) return Report(call, "was never answered");
    if (!call.request_id.empty() && call.result == SeenCall::Result::kOk) CheckFirstAnswer(call);
    if (call.result == SeenCall::Result::kOk) CheckAgainstLog(call);
    if (!call.shared && !call.repeat) CheckOwnView(call);
  }

  // Reports changes in the log that no call asked for.
  void CheckThatAllWereAsked(const std::vector<SeenChange>& log) {
    for (const SeenChange& change : log) {
      if (!asked_.contains({change.lease.owner, change.lease.revision, change.put})) {
        violations_->push_back(Describe(change) + ": a change that no answered call made");
      }
    }
  }

 private:
  template <typename... Parts>
  void Report(const SeenCall& call, const Parts&... parts) {
    violations_->push_back(absl::StrCat(Describe(call), " ", parts...));
  }

  void CheckFirstAnswer(const SeenCall& call) {
    const auto [first, is_new] = answers_.emplace(call.request_id, call);
    if (is_new && call.repeat) Report(call, "was answered with success only when repeated");
    if (is_new) return;
    if (call.lease == first->second.lease && call.revision == first->second.revision) return;
    Report(call, "was first answered ", Describe(first->second.lease), " @", first->second.revision,
           ", then ", Describe(call.lease), " @", call.revision);
  }

  void CheckAgainstLog(const SeenCall& call) {
    switch (call.type) {
      case SeenCall::Type::kRelease:
        if (replay_.HeldAt(call.owner, call.revision)) {
          Report(call, "was acknowledged, but there is a lease at revision ", call.revision);
        }
        asked_.insert({call.owner, call.revision, false});
        return;
      case SeenCall::Type::kUpdate:
        if (call.lease.hostnames != call.hostnames) Report(call, "got other hostnames");
        break;
      case SeenCall::Type::kAllocate:
        break;
      case SeenCall::Type::kRead:
        if (call.lease.owner.empty()) return;
        break;
    }
    const SeenChange* change = replay_.Find(call.owner, call.lease.revision);
    if (change == nullptr || !change->put || change->lease != call.lease) {
      Report(call, "was answered ", Describe(call.lease), ", which the log does not have");
    }
    if (call.type != SeenCall::Type::kRead) asked_.insert({call.owner, call.lease.revision, true});
  }

  // The only client of an owner knows the owner's lease from its own replies; a read must show it.
  void CheckOwnView(const SeenCall& call) {
    SeenLease& known = known_[call.owner];
    if (call.result != SeenCall::Result::kOk) return;
    switch (call.type) {
      case SeenCall::Type::kRead:
        if (call.lease != known) {
          Report(call, "saw ", Describe(call.lease), " where ", Describe(known),
                 " was acknowledged");
        }
        return;
      case SeenCall::Type::kRelease:
        known = {};
        break;
      case SeenCall::Type::kAllocate:
        if (!known.owner.empty() && call.lease != known) {
          Report(call, "got ", Describe(call.lease), " where it held ", Describe(known));
        }
        known = call.lease;
        break;
      case SeenCall::Type::kUpdate:
        known = call.lease;
        break;
    }
    const int64_t revision =
        call.type == SeenCall::Type::kRelease ? call.revision : call.lease.revision;
    int64_t& newest = newest_[call.owner];
    if (revision < newest) Report(call, "is at revision ", revision, ", after ", newest);
    newest = std::max(newest, revision);
  }

  const Replay& replay_;
  Violations* const violations_;
  std::map<std::string, SeenCall> answers_;  // by request_id
  std::map<std::string, SeenLease> known_;
  std::map<std::string, int64_t> newest_;
  std::set<std::tuple<std::string, int64_t, bool>> asked_;
};

class WatcherCheck {
 public:
  WatcherCheck(size_t number, const History& history, Violations* violations)
      : name_(absl::StrCat("watcher ", number)), log_(history.log), violations_(violations) {}

  void Add(const SeenStream& stream) {
    bool snapshot = stream.start_revision == 0;
    if (!snapshot && stream.start_revision != revision_ + 1) {
      Report("asked for ", stream.start_revision, " after ", revision_);
    }
    for (const SeenMessage& message : stream.messages) {
      if (snapshot) {
        // The Replay compares it with the log.
        if (message.synced) SkipTo(message.revision);
        snapshot = !message.synced;
        continue;
      }
      if (message.synced) Report("was told twice that it is in step, at ", message.revision);
      if (message.revision < revision_) {
        Report("was sent from ", revision_, " back to ", message.revision);
      }
      for (const SeenChange& change : message.changes) Take(change, message.revision);
      CheckReached(message.revision);
    }
  }

  void CheckEnd() {
    if (next_ < log_.size()) Report("has never seen ", Describe(log_[next_]));
  }

 private:
  template <typename... Parts>
  void Report(const Parts&... parts) {
    violations_->push_back(absl::StrCat(name_, " ", parts...));
  }

  void SkipTo(int64_t revision) {
    revision_ = revision;
    next_ = 0;
    while (next_ < log_.size() && log_[next_].lease.revision <= revision) ++next_;
  }

  void Take(const SeenChange& change, int64_t message_revision) {
    if (change.lease.revision > message_revision) {
      Report("saw ", Describe(change), " before its revision, at ", message_revision);
    }
    if (change.lease.revision <= revision_) {
      return Report("saw again, or too late: ", Describe(change));
    }
    while (next_ < log_.size() && !IsSame(log_[next_], change) &&
           log_[next_].lease.revision < change.lease.revision) {
      Report("missed ", Describe(log_[next_++]));
    }
    if (next_ < log_.size() && IsSame(log_[next_], change)) {
      ++next_;
    } else {
      Report("saw what the log does not have: ", Describe(change));
    }
  }

  // The message says that everything up to this revision has been sent.
  void CheckReached(int64_t revision) {
    while (next_ < log_.size() && log_[next_].lease.revision <= revision) {
      Report("missed ", Describe(log_[next_++]));
    }
    revision_ = std::max(revision_, revision);
  }

  const std::string name_;
  const std::vector<SeenChange>& log_;
  Violations* const violations_;
  int64_t revision_ = 0;
  size_t next_ = 0;  // the first change of the log that the watcher has not seen
};

void CheckStoreId(const History& history, Violations* violations) {
  std::set<std::string> ids;
  for (const SeenListing& listing : history.listings) ids.insert(listing.store_id);
  for (const auto& streams : history.watchers) {
    for (const SeenStream& stream : streams) {
      for (const SeenMessage& message : stream.messages) ids.insert(message.store_id);
    }
  }
  if (ids.size() > 1) {
    violations->push_back("the store_id was not always the same: " + absl::StrJoin(ids, ", "));
  }
}

void CheckListings(const History& history, Violations* violations) {
  int64_t newest = 0;
  for (const SeenListing& listing : history.listings) {
    if (listing.revision < newest) {
      violations->push_back(
          absl::StrCat("a listing at revision ", listing.revision, " came after one at ", newest));
    }
    newest = std::max(newest, listing.revision);
  }
}

}  // namespace

std::vector<std::string> FindViolations(const History& history) {
  Violations violations;
  CheckStoreId(history, &violations);
  CheckListings(history, &violations);
  const Replay replay(history, &violations);
  CallCheck calls(replay, &violations);
  for (const SeenCall& call : history.calls) calls.Add(call);
  calls.CheckThatAllWereAsked(history.log);
  for (size_t i = 0; i < history.watchers.size(); ++i) {
    WatcherCheck watcher(i, history, &violations);
    for (const SeenStream& stream : history.watchers[i]) watcher.Add(stream);
    watcher.CheckEnd();
  }
  return violations;
}

}  // namespace mpd::ipam
