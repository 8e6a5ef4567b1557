// The request_ids of the last day. Their records are in the store; in memory stands only which ids
// may be among them.
#ifndef MPD_IPAM_BOOK_REQUEST_LOG_H_
#define MPD_IPAM_BOOK_REQUEST_LOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/store/store.h"
#include "ipam/leases/lease.h"

namespace mpd::ipam {

// How long an id is remembered, at least.
inline constexpr absl::Duration kRequestKeepTime = absl::Hours(24);

// Thread-safe.
class RequestLog {
 public:
  // `store` must outlive this.
  explicit RequestLog(Store* store) : store_(store) {}

  // Reads which ids the store has. Blocks.
  absl::Status Load();

  // False: the id has no record and none is under way. True: ask Find, or let the store compare.
  bool MayKnow(const std::string& id) const ABSL_LOCKS_EXCLUDED(mutex_);
  void Add(const std::string& id) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remove(const std::string& id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Makes the transaction fail where the id has a record, and write that record otherwise.
  static void Attach(const RequestKey& request, const Outcome& outcome, absl::Time now,
                     StoreTransaction* transaction);

  // What the request was answered; none where its id has no record. FAILED_PRECONDITION
  // (REQUEST_ID_REUSED) where the record is another request's. Blocks for the disk.
  absl::StatusOr<std::optional<Outcome>> Find(const RequestKey& request) const;

  // Deletes records older than kRequestKeepTime. Blocks.
  absl::Status Sweep(absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status DeleteRecords(const std::vector<KeyValue>& records) ABSL_LOCKS_EXCLUDED(mutex_);

  Store* const store_;
  mutable Mutex mutex_;
  // Hashes of ids: eight bytes each. A collision costs a look into the store.
  absl::flat_hash_set<uint64_t> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_BOOK_REQUEST_LOG_H_
