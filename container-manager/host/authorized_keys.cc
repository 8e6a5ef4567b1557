#include "container-manager/host/authorized_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/files.h"

namespace mpd::containers {
namespace {

constexpr size_t kMaxFile = 256 << 10;
constexpr size_t kMaxLine = 16 << 10;

// What OpenSSH 9 takes; a certificate is no key that a file may list.
constexpr absl::string_view kKeyTypes[] = {
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "ssh-dss",
    "sk-ecdsa-sha2-nistp256@openssh.com",
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void Reset(int fd) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

absl::Status Refused(const std::string& path, absl::string_view problem) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", problem));
}

// Why a file or a folder on the way to it could not be opened.
absl::Status NotOpened(const std::string& path, int error) {
  if (error == ELOOP || error == ENOTDIR) {
    return Refused(path, "is or goes through a symbolic link, which is not followed");
  }
  return FileError("read", path, error);
}

// The folder below `base` in which the file is, opened component by component; -1 and errno.
int OpenFolder(const std::string& base, const std::vector<absl::string_view>& folders) {
  constexpr int kFolder = O_PATH | O_DIRECTORY | O_CLOEXEC;
  Descriptor folder(open(base.c_str(), kFolder));
  for (const absl::string_view name : folders) {
    if (folder.get() < 0) return -1;
    folder.Reset(openat(folder.get(), std::string(name).c_str(), kFolder | O_NOFOLLOW));
  }
  return folder.get() < 0 ? -1 : dup(folder.get());
}

absl::Status CheckFile(const std::string& path, int fd, uid_t owner) {
  struct stat info = {};
  if (fstat(fd, &info) != 0) return FileError("read", path, errno);
  if (!S_ISREG(info.st_mode)) return Refused(path, "is no regular file");
  if (info.st_uid != owner && info.st_uid != 0) return Refused(path, "belongs to another user");
  if ((info.st_mode & S_IWOTH) != 0) return Refused(path, "can be written by everybody");
  if (static_cast<size_t>(info.st_size) > kMaxFile) return FileError("read", path, EFBIG);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(const std::string& path, int fd) {
  std::string content(kMaxFile + 1, '\0');
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = read(fd, content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > kMaxFile) return FileError("read", path, EFBIG);
  content.resize(size);
  return content;
}

// The type that the key's own bytes bear (RFC 4253 §6.6): a length of 32 bits, then the name.
bool Bears(absl::string_view base64, absl::string_view type) {
  std::string blob;
  if (!absl::Base64Unescape(base64, &blob)) return false;
  const std::string begin = {0, 0, 0, static_cast<char>(type.size())};
  return absl::StartsWith(blob, absl::StrCat(begin, type)) &&
         blob.size() > begin.size() + type.size();
}

// What follows the options, which end at the first space outside quotes; "" where a quote is open.
absl::string_view BehindOptions(absl::string_view line) {
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '"') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if ((line[i] == ' ' || line[i] == '\t') && !quoted) {
      return absl::StripLeadingAsciiWhitespace(line.substr(i));
    }
  }
  return "";
}

bool BeginsWithKey(absl::string_view line) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  return words.size() >= 2 && absl::c_linear_search(kKeyTypes, words[0]) &&
         Bears(words[1], words[0]);
}

bool IsKeyLine(absl::string_view line) {
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  };
  if (line.empty() || line.size() > kMaxLine || absl::c_any_of(line, is_control)) return false;
  return BeginsWithKey(line) || BeginsWithKey(BehindOptions(line));
}

}  // namespace

absl::StatusOr<std::string> ReadUsersFile(const std::string& base, const std::string& path,
                                          uid_t owner) {
  absl::string_view relative = path;
  std::vector<absl::string_view> names;
  if (absl::ConsumePrefix(&relative, base))
    names = absl::StrSplit(relative, '/', absl::SkipEmpty());
  if (names.empty() || absl::c_linear_search(names, "..")) {
    return Refused(path, absl::StrCat("is not in ", base));
  }
  const std::string name(names.back());
  names.pop_back();
  const Descriptor folder(OpenFolder(base, names));
  if (folder.get() < 0) return NotOpened(path, errno);
  const Descriptor file(openat(folder.get(), name.c_str(),
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (file.get() < 0) return NotOpened(path, errno);
  if (absl::Status status = CheckFile(path, file.get(), owner); !status.ok()) return status;
  return ReadAll(path, file.get());
}

std::string KeyLines(absl::string_view text) {
  std::string keys;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::ConsumeSuffix(&line, "\r");
    line = absl::StripAsciiWhitespace(line);
    if (IsKeyLine(line)) absl::StrAppend(&keys, line, "\n");
  }
  return keys;
}

}  // namespace mpd::containers
