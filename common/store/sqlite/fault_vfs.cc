#include "common/store/sqlite/fault_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <sstream>
#include <utility>

namespace mpd {
namespace {

constexpr int64_t kSector = 512;

// What SQLite holds for an open file: ours, and behind it the real one.
struct Handle {
  sqlite3_file base;
  FaultVfs* vfs;
  std::shared_ptr<FaultVfs::File> file;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

Handle* Of(sqlite3_file* file) { return reinterpret_cast<Handle*>(file); }
int Close(sqlite3_file* file) {
  Handle* handle = Of(file);
  const int result = handle->real()->pMethods->xClose(handle->real());
  handle->~Handle();
  return result;
}

int Read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  return Of(file)->real()->pMethods->xRead(Of(file)->real(), bytes, count, offset);
}

int WriteThrough(Handle* handle, const void* bytes, int count, sqlite3_int64 offset) {
  const int result = handle->real()->pMethods->xWrite(handle->real(), bytes, count, offset);
  if (result == SQLITE_OK) {
    handle->vfs->Written(handle->file.get(), offset,
                         std::string(static_cast<const char*>(bytes), static_cast<size_t>(count)));
  }
  return result;
}

int Write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  Handle* handle = Of(file);
  switch (handle->vfs->OnWrite(*handle->file, offset + count)) {
    case FaultVfs::Fault::kFull:
      return SQLITE_FULL;
    case FaultVfs::Fault::kTornWrite:
      if (count > 1) WriteThrough(handle, bytes, count / 2, offset);
      return SQLITE_IOERR_WRITE;
    case FaultVfs::Fault::kWriteError:
      return SQLITE_IOERR_WRITE;
    default:
      return WriteThrough(handle, bytes, count, offset);
  }
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  Handle* handle = Of(file);
  const int result = handle->real()->pMethods->xTruncate(handle->real(), size);
  if (result == SQLITE_OK) handle->vfs->Truncated(handle->file.get(), size);
  return result;
}

int Sync(sqlite3_file* file, int) {
  // Not passed on: the power goes in the test only.
  Handle* handle = Of(file);
  if (!handle->vfs->OnSync()) return SQLITE_IOERR_FSYNC;
  handle->vfs->Synced(handle->file.get());
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Of(file)->real()->pMethods->xFileSize(Of(file)->real(), size);
}
int Lock(sqlite3_file* file, int level) {
  return Of(file)->real()->pMethods->xLock(Of(file)->real(), level);
}
int Unlock(sqlite3_file* file, int level) {
  return Of(file)->real()->pMethods->xUnlock(Of(file)->real(), level);
}
int CheckReservedLock(sqlite3_file* file, int* result) {
  return Of(file)->real()->pMethods->xCheckReservedLock(Of(file)->real(), result);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  // The size hint would make the file longer past Write.
  if (operation == SQLITE_FCNTL_SIZE_HINT) return SQLITE_OK;
  return Of(file)->real()->pMethods->xFileControl(Of(file)->real(), operation, argument);
}
int SectorSize(sqlite3_file*) { return static_cast<int>(kSector); }
// None that the real disk may have: no write is atomic, none in order.
int DeviceCharacteristics(sqlite3_file*) { return 0; }
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return Of(file)->real()->pMethods->xShmMap(Of(file)->real(), page, size, extend, memory);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Of(file)->real()->pMethods->xShmLock(Of(file)->real(), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { Of(file)->real()->pMethods->xShmBarrier(Of(file)->real()); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Of(file)->real()->pMethods->xShmUnmap(Of(file)->real(), remove);
}

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

struct Data {
  FaultVfs* owner;
  sqlite3_vfs* real;
};

Data* DataOf(sqlite3_vfs* vfs) { return static_cast<Data*>(vfs->pAppData); }
sqlite3_vfs* RealVfs(sqlite3_vfs* vfs) { return DataOf(vfs)->real; }

int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* handle = new (file) Handle{};
  handle->vfs = DataOf(vfs)->owner;
  const int result = RealVfs(vfs)->xOpen(RealVfs(vfs), path, handle->real(), flags, out_flags);
  if (result != SQLITE_OK) {
    handle->~Handle();
    file->pMethods = nullptr;
    return result;
  }
  handle->file = handle->vfs->Opened(path == nullptr ? "" : path);
  handle->base.pMethods = &kMethods;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* path, int) {
  const int result = RealVfs(vfs)->xDelete(RealVfs(vfs), path, 0);
  if (result == SQLITE_OK) DataOf(vfs)->owner->Deleted(path);
  return result;
}
int Access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
  return RealVfs(vfs)->xAccess(RealVfs(vfs), path, flags, result);
}
int FullPathname(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  return RealVfs(vfs)->xFullPathname(RealVfs(vfs), path, size, out);
}
int Randomness(sqlite3_vfs* vfs, int size, char* out) {
  return RealVfs(vfs)->xRandomness(RealVfs(vfs), size, out);
}
int Sleep(sqlite3_vfs* vfs, int microseconds) {
  return RealVfs(vfs)->xSleep(RealVfs(vfs), microseconds);
}
int CurrentTime(sqlite3_vfs* vfs, double* time) {
  return RealVfs(vfs)->xCurrentTime(RealVfs(vfs), time);
}
int GetLastError(sqlite3_vfs* vfs, int size, char* out) {
  return RealVfs(vfs)->xGetLastError(RealVfs(vfs), size, out);
}

std::string ContentOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

void Apply(const FaultVfs::File::Write& write, std::string* image) {
  if (write.truncate) {
    image->resize(static_cast<size_t>(write.offset));
    return;
  }
  const size_t end = static_cast<size_t>(write.offset) + write.bytes.size();
  if (image->size() < end) image->resize(end);
  image->replace(static_cast<size_t>(write.offset), write.bytes.size(), write.bytes);
}

}  // namespace

std::string FaultVfs::Name(Fault fault) {
  constexpr const char* kNames[] = {"None", "Full", "WriteError", "TornWrite", "SyncError"};
  return kNames[static_cast<int>(fault)];
}

struct FaultVfs::Registration {
  sqlite3_vfs vfs = {};
  Data data = {};
};

FaultVfs::FaultVfs() : registration_(std::make_unique<Registration>()) {
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  sqlite3_vfs& vfs = registration_->vfs;
  registration_->data = {this, real};
  vfs.iVersion = 1;
  vfs.szOsFile = static_cast<int>(sizeof(Handle)) + real->szOsFile;
  vfs.mxPathname = real->mxPathname;
  vfs.zName = "mpd-faults";
  vfs.pAppData = &registration_->data;
  vfs.xOpen = Open;
  vfs.xDelete = Delete;
  vfs.xAccess = Access;
  vfs.xFullPathname = FullPathname;
  vfs.xRandomness = Randomness;
  vfs.xSleep = Sleep;
  vfs.xCurrentTime = CurrentTime;
  vfs.xGetLastError = GetLastError;
  sqlite3_vfs_register(&vfs, /*makeDflt=*/1);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&registration_->vfs); }

void FaultVfs::Set(Fault fault) {
  MutexLock lock(&mutex_);
  fault_ = fault;
  countdown_ = -1;
  has_failed_ = false;
}

void FaultVfs::FailOnce(Fault fault, int after) {
  MutexLock lock(&mutex_);
  fault_ = fault;
  countdown_ = after;
  has_failed_ = false;
}

bool FaultVfs::has_failed() const {
  MutexLock lock(&mutex_);
  return has_failed_;
}

bool FaultVfs::IsDue(Fault fault) {
  if (fault_ != fault) return false;
  if (countdown_ == 0) fault_ = Fault::kNone;
  const bool due = countdown_ <= 0;
  if (countdown_ > 0) --countdown_;
  has_failed_ = has_failed_ || due;
  return due;
}

std::shared_ptr<FaultVfs::File> FaultVfs::Opened(const std::string& path) {
  MutexLock lock(&mutex_);
  std::shared_ptr<File>& file = files_[path];
  if (file == nullptr) {
    // What was there before is on the disk.
    file = std::make_shared<File>();
    file->path = path;
    file->durable = ContentOf(path);
    file->size = static_cast<int64_t>(file->durable.size());
  }
  return file;
}

void FaultVfs::Deleted(const std::string& path) {
  MutexLock lock(&mutex_);
  files_.erase(path);
}

FaultVfs::Fault FaultVfs::OnWrite(const File& file, int64_t end) {
  MutexLock lock(&mutex_);
  if (fault_ == Fault::kFull) {
    if (end <= file.size) return Fault::kNone;
    return IsDue(Fault::kFull) ? Fault::kFull : Fault::kNone;
  }
  for (const Fault fault : {Fault::kWriteError, Fault::kTornWrite}) {
    if (IsDue(fault)) return fault;
  }
  return Fault::kNone;
}

void FaultVfs::Written(File* file, int64_t offset, std::string bytes) {
  MutexLock lock(&mutex_);
  file->size = std::max(file->size, offset + static_cast<int64_t>(bytes.size()));
  file->pending.push_back({offset, std::move(bytes), false});
}

void FaultVfs::Truncated(File* file, int64_t size) {
  MutexLock lock(&mutex_);
  file->size = size;
  file->pending.push_back({size, "", true});
}

bool FaultVfs::OnSync() {
  MutexLock lock(&mutex_);
  return !IsDue(Fault::kSyncError);
}

void FaultVfs::Synced(File* file) {
  MutexLock lock(&mutex_);
  for (const File::Write& write : file->pending) Apply(write, &file->durable);
  file->pending.clear();
}

void FaultVfs::LosePower(const std::string& source, const std::string& target, uint32_t seed) {
  std::mt19937 random(seed);
  const auto chance = [&random](int percent) {
    return std::uniform_int_distribution<int>(0, 99)(random) < percent;
  };
  // How much of it the disk had got to, this time.
  const int percent = std::uniform_int_distribution<int>(0, 100)(random);
  MutexLock lock(&mutex_);
  for (const auto& [path, file] : files_) {
    if (path.compare(0, source.size(), source) != 0) continue;
    std::string image = file->durable;
    for (const File::Write& write : file->pending) {
      if (write.truncate || !chance(20)) {
        if (chance(percent)) Apply(write, &image);
        continue;
      }
      for (size_t at = 0; at < write.bytes.size(); at += kSector) {
        if (!chance(percent)) continue;
        Apply({write.offset + static_cast<int64_t>(at), write.bytes.substr(at, kSector), false},
              &image);
      }
    }
    std::ofstream(target + path.substr(source.size()), std::ios::binary | std::ios::trunc) << image;
  }
}

}  // namespace mpd
