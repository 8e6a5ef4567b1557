#include "common/sqlite_wal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

namespace mpd {
namespace {

// SQLite begins anew after 1000 pages, and the transaction that comes to there adds some.
constexpr size_t kWalBytes = 6 << 20;
constexpr size_t kBytesAtOnce = 1 << 20;

bool WriteZeros(int fd) {
  const std::vector<char> zeros(kBytesAtOnce);
  for (size_t written = 0; written < kWalBytes; written += kBytesAtOnce) {
    if (write(fd, zeros.data(), kBytesAtOnce) != static_cast<ssize_t>(kBytesAtOnce)) return false;
  }
  return fdatasync(fd) == 0;
}

}  // namespace

void PreallocateWal(const std::string& path) {
  struct stat database = {};
  if (stat(path.c_str(), &database) != 0) return;
  const std::string wal = path + "-wal";
  // The mode that SQLite would give it.
  const int fd =
      open(wal.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, database.st_mode & 0777);
  if (fd < 0) return;
  if (!WriteZeros(fd)) unlink(wal.c_str());
  close(fd);
}

}  // namespace mpd
