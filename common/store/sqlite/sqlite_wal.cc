#include "common/store/sqlite/sqlite_wal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace mpd {
namespace {

constexpr int64_t kBytesAtOnce = 1 << 20;

bool WriteZeros(int fd, int64_t bytes) {
  const std::vector<char> zeros(kBytesAtOnce);
  while (bytes > 0) {
    const ssize_t written = write(fd, zeros.data(), std::min(bytes, kBytesAtOnce));
    if (written <= 0) return false;
    bytes -= written;
  }
  return fdatasync(fd) == 0;
}

}  // namespace

void PreallocateWal(const std::string& path, int64_t bytes) {
  if (bytes == 0) return;
  struct stat database = {};
  if (stat(path.c_str(), &database) != 0) return;
  const std::string wal = path + "-wal";
  // The mode that SQLite would give it.
  const int fd =
      open(wal.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, database.st_mode & 0777);
  if (fd < 0) return;
  if (!WriteZeros(fd, bytes)) unlink(wal.c_str());
  close(fd);
}

}  // namespace mpd
