// What clients and watchers of mpd-ipam saw while it was killed again and again, and the check that
// all of it fits one history of a correct database.
#ifndef MPD_IPAM_HISTORY_HISTORY_H_
#define MPD_IPAM_HISTORY_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace mpd::ipam {

struct SeenLease {
  std::string owner;  // empty when there was no lease
  std::string address;
  std::vector<std::string> hostnames;
  int64_t revision = 0;
  std::string etag;

  bool operator==(const SeenLease&) const = default;
};

// One call, which was repeated with the same request_id until it got a reply.
struct SeenCall {
  enum class Type { kAllocate, kUpdate, kRelease, kRead };
  // kRefused: the reply was an error which tells that nothing was changed.
  enum class Result { kOk, kRefused, kUnanswered };

  int client = 0;
  Type type = Type::kRead;
  Result result = Result::kUnanswered;
  std::string owner;
  // Other clients use this owner too.
  bool shared = false;
  std::string request_id;
  // The request_id had a reply before, and this call must get the same one.
  bool repeat = false;
  std::vector<std::string> hostnames;  // in the request
  SeenLease lease;                     // in the reply; for kRead it may be none
  int64_t revision = 0;                // of kRelease
};

struct SeenChange {
  bool put = false;  // otherwise a deletion; `lease` is then the lease as it was before
  SeenLease lease;   // its revision is that of the change
};

struct SeenMessage {
  std::string store_id;
  int64_t revision = 0;
  bool synced = false;
  std::vector<SeenChange> changes;
};

// One watch stream from its connection to its end. With start_revision 0 it began with the current
// state.
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
  std::vector<SeenCall> calls;                    // those of one client in their order
  std::vector<std::vector<SeenStream>> watchers;  // per watcher its streams in their order
  std::vector<SeenListing> listings;              // in their order; the last was made at the end
  std::vector<SeenChange> log;                    // from revision 1, read at the end
};

// Returns one sentence for each thing that a correct database could not have shown: two owners of
// an address or hostname at the same revision, an acknowledged change that is not in the log, a
// change that nobody made, a repeated request with another reply, revisions that go back, changes
// that a watcher missed or saw twice, another store_id, or a listing that is not the state at its
// revision.
std::vector<std::string> FindViolations(const History& history);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_HISTORY_HISTORY_H_
