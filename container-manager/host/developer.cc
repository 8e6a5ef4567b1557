#include "container-manager/host/developer.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/base/files.h"
#include "common/base/status.h"
#include "container-manager/host/authorized_keys.h"

namespace mpd::containers {
namespace {

constexpr uint32_t kFirstUid = 500;        // macOS and older distributions begin here
constexpr uint32_t kFirstUsualUid = 1000;  // adduser(8)
constexpr uint32_t kLastUid = 65533;       // 65534 is nobody

struct PasswdEntry {
  std::string name;
  uint32_t uid = 0;
  std::string home;
  std::string shell;
};

std::optional<PasswdEntry> ParseLine(absl::string_view line) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
  PasswdEntry entry;
  if (fields.size() != 7 || !absl::SimpleAtoi(fields[2], &entry.uid)) return std::nullopt;
  entry.name = std::string(fields[0]);
  entry.home = std::string(fields[5]);
  entry.shell = std::string(fields[6]);
  return entry;
}

// Accounts of the system have a shell that ends at once.
bool IsPerson(const PasswdEntry& entry) {
  return entry.uid >= kFirstUid && entry.uid <= kLastUid &&
         !absl::EndsWith(entry.shell, "/nologin") && !absl::EndsWith(entry.shell, "/false");
}

// Whether `a` comes before `b`: the usual UIDs first, and of those the lowest.
bool IsBefore(const PasswdEntry& a, const PasswdEntry& b) {
  const bool a_usual = a.uid >= kFirstUsualUid;
  const bool b_usual = b.uid >= kFirstUsualUid;
  return a_usual == b_usual ? a.uid < b.uid : a_usual;
}

std::optional<PasswdEntry> Choose(absl::string_view passwd, absl::string_view user) {
  std::optional<PasswdEntry> chosen;
  for (const absl::string_view line : absl::StrSplit(passwd, '\n')) {
    std::optional<PasswdEntry> entry = ParseLine(line);
    if (!entry || !IsPerson(*entry)) continue;
    if (!user.empty() && entry->name != user) continue;
    if (!chosen || IsBefore(*entry, *chosen)) chosen = std::move(entry);
  }
  return chosen;
}

absl::Status NoDeveloper(absl::string_view user) {
  const std::string who = user.empty() ? "any user" : absl::StrCat("the user ", user);
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("this VM does not have ", who, " with a UID from ", kFirstUid, " to ", kLastUid,
                   " and a shell to be the developer in the runtimes; add one, or name one as "
                   "developer.user in the configuration"),
      "NO_DEVELOPER", {{"user", user}});
}

absl::Status NoKeys(absl::string_view user, absl::string_view file, absl::string_view problem) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("no key could open the runtimes to ", user, ": ", problem,
                                "; put a public key into ", file,
                                ", or name another file as developer.authorized_keys_file"),
                   "NO_AUTHORIZED_KEYS", {{"user", user}, {"file", file}, {"problem", problem}});
}

}  // namespace

absl::StatusOr<Developer> FindDeveloper(absl::string_view user, absl::string_view keys_file,
                                        const std::string& passwd_file) {
  ASSIGN_OR_RETURN(const std::string passwd, ReadFile(passwd_file));
  const std::optional<PasswdEntry> entry = Choose(passwd, user);
  if (!entry) return NoDeveloper(user);
  const std::string file = keys_file.empty() ? absl::StrCat(entry->home, "/.ssh/authorized_keys")
                                             : std::string(keys_file);
  // The user chooses what is in their home; what the configuration names is the administrator's.
  const std::string base = keys_file.empty() ? entry->home : FolderOf(file);
  absl::StatusOr<std::string> text = ReadUsersFile(base, file, entry->uid);
  if (!text.ok()) return NoKeys(entry->name, file, text.status().message());
  std::string keys = KeyLines(*text);
  if (keys.empty()) return NoKeys(entry->name, file, "the file holds no public key");
  return Developer{entry->name, entry->uid, std::move(keys)};
}

}  // namespace mpd::containers
