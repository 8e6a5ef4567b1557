#include "gateway/ca/authority/trust_folder.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/files.h"
#include "common/pki/pki_errors.h"

namespace mpd::ca {
namespace {

constexpr size_t kMaxFile = 64 << 10;
constexpr char kRoot[] = "rootCA.pem";
constexpr char kSigning[] = "vmCA.pem";
constexpr char kSigningKey[] = "vmCA-key.pem";
constexpr char kRootKey[] = "rootCA-key.pem";
constexpr std::array<const char*, 3> kLinked = {kRoot, kSigning, kSigningKey};
constexpr char kCurrent[] = "current";
constexpr absl::string_view kGeneration = "generation-";

// Where a symbolic link leads; empty where the path is none.
std::string LinkTarget(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  return size < 0 ? "" : std::string(target.data(), static_cast<size_t>(size));
}

// The number of "generation-<n>"; 0 where the name is another.
int GenerationOf(absl::string_view name) {
  int number = 0;
  if (!absl::ConsumePrefix(&name, kGeneration) || !absl::SimpleAtoi(name, &number)) return 0;
  return std::max(number, 0);
}

}  // namespace

std::string TrustFolder::Current() const {
  const std::string target = LinkTarget(absl::StrCat(path_, "/", kCurrent));
  return GenerationOf(target) == 0 ? "" : absl::StrCat(path_, "/", target);
}

bool TrustFolder::IsLinked(absl::string_view name) const {
  return LinkTarget(absl::StrCat(path_, "/", name)) == absl::StrCat(kCurrent, "/", name);
}

absl::StatusOr<std::string> TrustFolder::ReadOne(absl::string_view name,
                                                 const std::string& current) const {
  std::string path = absl::StrCat(path_, "/", name);
  if (IsLinked(name)) {
    if (current.empty()) return "";
    path = absl::StrCat(current, "/", name);
  }
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return "";
    return PkiErrors::NoVmKey(path, FileError("read", path, errno).message());
  }
  if (!S_ISREG(info.st_mode)) return PkiErrors::NoVmKey(path, "is not a regular file");
  absl::StatusOr<std::string> text = ReadFile(path, kMaxFile);
  if (!text.ok()) return PkiErrors::NoVmKey(path, text.status().message());
  if (text->empty()) return PkiErrors::NoVmKey(path, "is empty");
  return text;
}

absl::StatusOr<TrustFiles> TrustFolder::Read() const {
  const std::string current = Current();
  TrustFiles files;
  for (auto [name, text] :
       {std::pair(kRoot, &files.root_certificate), std::pair(kSigning, &files.signing_certificate),
        std::pair(kSigningKey, &files.signing_key)}) {
    absl::StatusOr<std::string> read = ReadOne(name, current);
    if (!read.ok()) return read.status();
    *text = *std::move(read);
  }
  // The key of the root is nobody's business where there is a pair to sign with.
  if (files.signing_certificate.empty() && files.signing_key.empty()) {
    absl::StatusOr<std::string> read = ReadOne(kRootKey, current);
    if (!read.ok()) return read.status();
    files.root_key = *std::move(read);
  }
  return files;
}

std::vector<int> TrustFolder::Generations() const {
  std::vector<int> numbers;
  const auto names = ListFolder(path_);
  if (!names.ok()) return numbers;
  for (const std::string& name : *names) {
    if (const int number = GenerationOf(name); number > 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

absl::StatusOr<std::string> TrustFolder::WriteGeneration(const TrustFiles& files) const {
  const std::vector<int> there = Generations();
  const std::string name = absl::StrCat(kGeneration, there.empty() ? 1 : there.back() + 1);
  const std::string folder = absl::StrCat(path_, "/", name);
  Before();
  if (absl::Status made = MakeFolder(folder, 0750); !made.ok()) return made;
  const std::tuple<const char*, const std::string&, mode_t> written[] = {
      {kRoot, files.root_certificate, 0644},
      {kSigning, files.signing_certificate, 0644},
      {kSigningKey, files.signing_key, 0600}};
  for (const auto& [file, text, mode] : written) {
    if (text.empty()) continue;
    Before();
    const absl::Status status = WriteFileAtomically(absl::StrCat(folder, "/", file), text, mode);
    if (!status.ok()) return status;
  }
  return name;
}

// Whatever has the name is replaced, and there is always one of the two.
absl::Status TrustFolder::Link(const std::string& target, const std::string& name) const {
  const std::string path = absl::StrCat(path_, "/", name);
  const std::string aside = absl::StrCat(path_, "/.", name, ".new");
  if (unlink(aside.c_str()) != 0 && errno != ENOENT) return FileError("remove", aside, errno);
  Before();
  if (symlink(target.c_str(), aside.c_str()) != 0) return FileError("make the link", aside, errno);
  Before();
  if (rename(aside.c_str(), path.c_str()) != 0) return FileError("replace", path, errno);
  return SyncFolder(path_);
}

// Files that were pushed become links to equal ones, one after the other, so that none of it is
// seen.
absl::Status TrustFolder::LinkAll() const {
  if (std::all_of(kLinked.begin(), kLinked.end(),
                  [this](const char* name) { return IsLinked(name); })) {
    return absl::OkStatus();
  }
  absl::StatusOr<TrustFiles> now = Read();
  if (!now.ok()) return now.status();
  if (*now != TrustFiles()) {
    const absl::StatusOr<std::string> generation = WriteGeneration(*now);
    if (!generation.ok()) return generation.status();
    if (absl::Status linked = Link(*generation, kCurrent); !linked.ok()) return linked;
  }
  for (const char* name : kLinked) {
    if (IsLinked(name)) continue;
    absl::Status linked = Link(absl::StrCat(kCurrent, "/", name), name);
    if (!linked.ok()) return linked;
  }
  return absl::OkStatus();
}

absl::Status TrustFolder::Replace(const TrustFiles& files) const {
  if (absl::Status made = MakeFolder(path_, 0750); !made.ok()) return made;
  if (absl::Status linked = LinkAll(); !linked.ok()) return linked;
  const absl::StatusOr<std::string> generation = WriteGeneration(files);
  if (!generation.ok()) return generation.status();
  if (absl::Status swapped = Link(*generation, kCurrent); !swapped.ok()) return swapped;
  RemoveLeftovers();
  return absl::OkStatus();
}

void TrustFolder::RemoveLeftovers() const {
  const std::string current = LinkTarget(absl::StrCat(path_, "/", kCurrent));
  for (const int number : Generations()) {
    const std::string name = absl::StrCat(kGeneration, number);
    if (name == current) continue;
    const std::string folder = absl::StrCat(path_, "/", name);
    for (const std::string& file : ListFolder(folder).value_or(std::vector<std::string>())) {
      Before();
      (void)RemoveFile(absl::StrCat(folder, "/", file));
    }
    (void)rmdir(folder.c_str());
  }
}

}  // namespace mpd::ca
