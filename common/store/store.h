// A revisioned key-value store: the small part of etcd's model that this system needs, so that
// etcd itself can stand behind it. Every committed transaction gets the next revision; a read is
// true at one revision; a watch is a replay of the log from a revision and then its live tail.
#ifndef MPD_COMMON_STORE_STORE_H_
#define MPD_COMMON_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mpd {

struct KeyValue {
  std::string key;
  std::string value;
  int64_t create_revision = 0;
  int64_t mod_revision = 0;
};

struct StoreEvent {
  enum class Type { kPut, kDelete };
  Type type = Type::kPut;
  // For a deletion: the last value, and as mod_revision the revision of the deletion.
  KeyValue kv;
};

struct RangeRequest {
  // All keys with this prefix, in the order of their bytes …
  std::string prefix = {};
  // … after this key, where not empty.
  std::string start_after = {};
  // 0: now. Otherwise as of this revision; OUT_OF_RANGE when it is compacted or still to come.
  int64_t revision = 0;
  // 0: all.
  int64_t limit = 0;
};

struct RangeResponse {
  std::vector<KeyValue> kvs;
  // Further keys follow the last one.
  bool more = false;
  // The revision at which this is true, of an empty result too.
  int64_t revision = 0;
};

// Holds when the key's latest mod_revision is this; 0 = the key does not exist.
struct StoreCompare {
  std::string key;
  int64_t mod_revision = 0;
};

struct StoreOp {
  enum class Type { kPut, kDelete };
  Type type = Type::kPut;
  std::string key;
  std::string value = {};  // of kPut
};

struct StoreTransaction {
  // All must hold …
  std::vector<StoreCompare> compares = {};
  // … for all of these to happen, at one revision. A key at most once. Deleting what does not exist
  // does nothing; a transaction that does nothing takes no revision. Empty: a barrier, answered
  // when all that was committed before it is durable.
  std::vector<StoreOp> ops = {};
};

struct CommitResponse {
  // False: a comparison did not hold, and nothing happened.
  bool succeeded = false;
  // The revision of the transaction, or the store's where it changed nothing.
  int64_t revision = 0;
};

struct EventBatch {
  // In the order of revisions; never part of a transaction only.
  std::vector<StoreEvent> events;
  // Everything up to and with this revision has been read; go on at the next.
  int64_t revision = 0;
};

using CommitCallback = absl::AnyInvocable<void(absl::StatusOr<CommitResponse>) &&>;

// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  // Reads, from the page cache as a rule. Blocks for the time of the disk: not for a callback
  // thread when the range is large.
  virtual absl::StatusOr<RangeResponse> Range(const RangeRequest& request) = 0;

  // Queues the transaction; `done` is called once it is durable, in the order of Commit calls, on a
  // thread of the store's: it must not block. Errors: UNAVAILABLE (STORE_UNAVAILABLE: the disk
  // refused; nothing happened), INVALID_ARGUMENT (INVALID_TRANSACTION), and, with `done` called
  // before Commit returns, RESOURCE_EXHAUSTED (STORE_BUSY: the queue is full) and CANCELLED
  // (STORE_CLOSED) after Close. A key has 1 to 4096 bytes, a transaction at most 4 MiB.
  virtual void Commit(StoreTransaction transaction, CommitCallback done) = 0;

  // Commit, waited for. Not for a callback thread.
  absl::StatusOr<CommitResponse> CommitAndWait(StoreTransaction transaction);

  // Events of keys with the prefix at revisions >= from_revision, at most about `limit`. Never
  // waits for new ones: an empty batch says that the reader is up to date. Errors: OUT_OF_RANGE
  // (REVISION_COMPACTED; REVISION_FUTURE when from_revision is beyond the next one).
  virtual absl::StatusOr<EventBatch> ReadEvents(const std::string& prefix, int64_t from_revision,
                                                int64_t limit) = 0;

  // Calls `listener` with the newest revision after each durable commit, on a thread of the
  // store's: it must not block, nor call Subscribe or Unsubscribe. Returns a handle for
  // Unsubscribe, after whose return it is not called any more.
  virtual int64_t Subscribe(std::function<void(int64_t revision)> listener) = 0;
  virtual void Unsubscribe(int64_t handle) = 0;

  // Forgets history before the revision: reads and watches from before it are OUT_OF_RANGE. The
  // current values stay.
  virtual absl::Status Compact(int64_t revision) = 0;

  // Refuses further Commit and Compact calls and returns when those before it are answered; reads
  // go on. The destructor does it too. Not for a thread of the store's.
  virtual void Close() = 0;

  // The newest durable revision; 0 in a new store, whose first transaction gets revision 1.
  virtual int64_t revision() const = 0;
  virtual int64_t compact_revision() const = 0;
  // Made anew with the store's file: revisions of different stores can't be compared.
  virtual const std::string& store_id() const = 0;
};

}  // namespace mpd

#endif  // MPD_COMMON_STORE_STORE_H_
