// For tests: a disk below SQLite that fills up, fails, and loses power.
#ifndef MPD_COMMON_STORE_SQLITE_FAULT_VFS_H_
#define MPD_COMMON_STORE_SQLITE_FAULT_VFS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/base/mutex.h"

namespace mpd {

// SQLite's files go through it from its making on; make it before the first store is opened, one
// per process. Thread-safe.
class FaultVfs {
 public:
  enum class Fault {
    kNone,
    kFull,        // no write makes a file longer, as on a disk without space
    kWriteError,  // EIO
    kTornWrite,   // EIO with the first half written
    kSyncError,   // EIO; the data may be on the disk or not
  };

  static std::string Name(Fault fault);

  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  // From now on, until set to something else.
  void Set(Fault fault) ABSL_LOCKS_EXCLUDED(mutex_);
  // Lets so many writes and syncs pass, fails the next one, and then no more. True from then on.
  void FailOnce(Fault fault, int after) ABSL_LOCKS_EXCLUDED(mutex_);
  bool has_failed() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Writes what a disk may hold when the power goes now: of the files whose names begin with
  // `source`, under names that begin with `target`, all that was synced, and of what was written
  // since any part: writes in any order, each whole, not at all, or torn between sectors. Takes
  // names as durable. What SQLite maps into memory, the -shm file, is not part of it.
  void LosePower(const std::string& source, const std::string& target, uint32_t seed)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // For the VFS's functions.
  struct File {
    std::string path;
    std::string durable;
    struct Write {
      int64_t offset = 0;
      std::string bytes;
      bool truncate = false;  // to offset
    };
    std::vector<Write> pending;
    int64_t size = 0;
  };
  std::shared_ptr<File> Opened(const std::string& path) ABSL_LOCKS_EXCLUDED(mutex_);
  void Deleted(const std::string& path) ABSL_LOCKS_EXCLUDED(mutex_);
  // What is to happen to a write of so many bytes at this place; kSyncError never.
  Fault OnWrite(const File& file, int64_t end) ABSL_LOCKS_EXCLUDED(mutex_);
  void Written(File* file, int64_t offset, std::string bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  void Truncated(File* file, int64_t size) ABSL_LOCKS_EXCLUDED(mutex_);
  // False: the sync is to fail.
  bool OnSync() ABSL_LOCKS_EXCLUDED(mutex_);
  void Synced(File* file) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool IsDue(Fault fault) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // With SQLite.
  struct Registration;
  const std::unique_ptr<Registration> registration_;
  mutable Mutex mutex_;
  Fault fault_ ABSL_GUARDED_BY(mutex_) = Fault::kNone;
  int countdown_ ABSL_GUARDED_BY(mutex_) = -1;  // negative: each time
  bool has_failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, std::shared_ptr<File>> files_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd

#endif  // MPD_COMMON_STORE_SQLITE_FAULT_VFS_H_
