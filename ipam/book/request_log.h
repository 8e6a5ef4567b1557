// Remembers the request_ids of the last day and what each call was replied. The records are in the
// store; memory holds only hashes of the ids, to know which of them may have a record.
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

// Each id is remembered for at least this time.
inline constexpr absl::Duration kRequestKeepTime = absl::Hours(24);

// Thread-safe.
class RequestLog {
 public:
  // `store` must outlive this.
  explicit RequestLog(Store* store) : store_(store) {}

  // Reads the ids that the store has records of. Blocks for the disk.
  absl::Status Load();

  // False when the id has no record and none is being committed. True when it may have one; Find
  // tells whether it does.
  bool MayKnow(const std::string& id) const ABSL_LOCKS_EXCLUDED(mutex_);
  // To be called before a record of the id is committed, and Remove when that has failed.
  void Add(const std::string& id) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remove(const std::string& id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Adds to the transaction that it writes a record of this request and outcome, and that it fails
  // when the id has a record already.
  static void Attach(const RequestKey& request, const Outcome& outcome, absl::Time now,
                     StoreTransaction* transaction);

  // The outcome in the record of the request's id; nullopt when it has no record.
  // FAILED_PRECONDITION (REQUEST_ID_REUSED) when the record is of a request with other content.
  // Blocks for the disk.
  absl::StatusOr<std::optional<Outcome>> Find(const RequestKey& request) const;

  // Deletes records older than kRequestKeepTime. Blocks for the disk.
  absl::Status Sweep(absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status DeleteRecords(const std::vector<KeyValue>& records) ABSL_LOCKS_EXCLUDED(mutex_);

  Store* const store_;
  mutable Mutex mutex_;
  // Hashes of ids, which take eight bytes each. Two ids with the same hash do no harm: MayKnow is
  // then true for both, and Find looks into the store.
  absl::flat_hash_set<uint64_t> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd::ipam

#endif  // MPD_IPAM_BOOK_REQUEST_LOG_H_
