// What clients and watchers of mpd-ipam saw while it was killed again and again, and whether that
// is one history that a database could have given.
#ifndef MPD_IPAM_HISTORY_HISTORY_H_
#define MPD_IPAM_HISTORY_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace mpd::ipam {

struct SeenLease {
  std::string owner;  // empty: no lease
  std::string address;
  std::vector<std::string> hostnames;
  int64_t revision = 0;
  std::string etag;

  bool operator==(const SeenLease&) const = default;
};

// One call, repeated with the same request_id until it was answered.
struct SeenCall {
  enum class Type { kAllocate, kUpdate, kRelease, kRead };
  // kRefused: an error that says that nothing was changed, and why.
  enum class Result { kOk, kRefused, kUnanswered };

  int client = 0;
  Type type = Type::kRead;
  Result result = Result::kUnanswered;
  std::string owner;
  // Other clients make calls about this owner too.
  bool shared = false;
  std::string request_id;
  // The request_id was answered before: the answer must be that one again.
  bool repeat = false;
  std::vector<std::string> hostnames;  // asked for
  SeenLease lease;                     // answered; for kRead also "none"
  int64_t revision = 0;                // of kRelease
};

struct SeenChange {
  bool put = false;  // else a deletion, with the lease as it last was
  SeenLease lease;   // its revision is the change's
};

struct SeenMessage {
  std::string store_id;
  int64_t revision = 0;
  bool synced = false;
  std::vector<SeenChange> changes;
};

// From connecting to breaking off. start_revision 0 asked for the present state first.
struct SeenStream {
  int64_t start_revision = 0;
  std::vector<SeenMessage> messages;
};

struct SeenListing {
  std::string store_id;
  int64_t revision = 0;
  std::vector<SeenLease> leases;
};

struct History {
  std::vector<SeenCall> calls;                    // of each client, in its order
  std::vector<std::vector<SeenStream>> watchers;  // each one's streams, in order
  std::vector<SeenListing> listings;              // one after the other; the last, at the end
  std::vector<SeenChange> log;                    // from revision 1 on, read at the end
};

// Everything that no database would have shown, one sentence each: two owners of an address or a
// hostname at a revision, an answered change that is not in the log, a change that nobody made, a
// repeated request with another answer, revisions that go back, changes that a watcher missed or
// saw twice, another store_id, a state that is not that of its revision.
std::vector<std::string> FindViolations(const History& history);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_HISTORY_HISTORY_H_
