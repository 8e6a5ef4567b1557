// What is done to a store instead of using it: check, backup and restore, whatever is behind it.
#ifndef MPD_COMMON_STORE_STORE_TOOLS_H_
#define MPD_COMMON_STORE_STORE_TOOLS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"

namespace mpd {

struct StoreState {
  std::string store_id;
  int64_t revision = 0;
  // History before it is forgotten.
  int64_t compact_revision = 0;
};

// A change in the log, as far as a check of what it means needs it.
struct StoreLogRow {
  absl::string_view key;  // good during the visit
  int64_t revision = 0;
};

// Who is told what a check comes across.
class StoreVisitor {
 public:
  virtual ~StoreVisitor() = default;
  // Something is wrong; a sentence without its full stop. At any time.
  virtual void OnFinding(absl::string_view finding) = 0;
  // Once, before what follows. Not called where the store can't be read that far.
  virtual void OnState(const StoreState& state) = 0;
  // Each change that is in the log, in its order.
  virtual void OnRow(const StoreLogRow& row) = 0;
  // After those: what each key holds now, in the order of keys.
  virtual void OnValue(const KeyValue& kv) = 0;
};

// Held: nobody else, in any process, opens the store.
class StoreLock {
 public:
  virtual ~StoreLock() = default;
};

// For one thread at a time. All methods block for the disk. Errors that each may have: NOT_FOUND
// (STORE_NOT_FOUND), DATA_LOSS (STORE_DAMAGED), PERMISSION_DENIED (STORE_NOT_PERMITTED),
// UNAVAILABLE (STORE_UNAVAILABLE).
class StoreTools {
 public:
  // Judges a finished copy before it takes its name; an error keeps it from that.
  using Verify = absl::FunctionRef<absl::Status(StoreTools& copy)>;

  virtual ~StoreTools() = default;

  // As a person is told where the store is.
  virtual const std::string& path() const = 0;

  // Whether there is a store. FAILED_PRECONDITION (RESTORE_INTERRUPTED) where there is neither the
  // old nor the new one of a restore.
  virtual absl::Status Find() = 0;

  // FAILED_PRECONDITION (STORE_LOCKED) where somebody else has it.
  virtual absl::StatusOr<std::unique_ptr<StoreLock>> Lock() = 0;

  // Reads everything and changes nothing: that it is a store, whole, and that its log tells one
  // history. Nobody may write meanwhile. Damage is a finding; where it keeps the rest from being
  // read, that is DATA_LOSS, and a finding too.
  virtual absl::Status Check(StoreVisitor* visitor) = 0;

  // Copies the store as it is at one revision to the file `target`, which is replaced whole or not
  // at all and is durable on return. The store may be in use; nobody waits for the copy.
  // INVALID_ARGUMENT (INVALID_FIELD) where `target` is the store.
  virtual absl::Status Backup(const std::string& target, Verify verify) = 0;

  // Puts the copy `backup` in the store's place, under a new store_id: revisions that were counted
  // after the backup was made mean nothing in it. Cut short anywhere, it leaves the old store, or
  // one that does not open until the restore is run again. The caller holds the lock. Returns where
  // the old store is kept; empty where there was none.
  virtual absl::StatusOr<std::string> Restore(const std::string& backup, Verify verify) = 0;
};

}  // namespace mpd

#endif  // MPD_COMMON_STORE_STORE_TOOLS_H_
