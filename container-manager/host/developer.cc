#include "container-manager/host/developer.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd::containers {
namespace {

constexpr uint32_t kFirstUid = 1000;
constexpr uint32_t kLastUid = 59999;  // adduser(8): above are system ranges

struct PasswdEntry {
  std::string name;
  uint32_t uid = 0;
  std::string home;
};

std::optional<PasswdEntry> ParseLine(absl::string_view line) {
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
  PasswdEntry entry;
  if (fields.size() != 7 || !absl::SimpleAtoi(fields[2], &entry.uid)) return std::nullopt;
  entry.name = std::string(fields[0]);
  entry.home = std::string(fields[5]);
  return entry;
}

std::optional<PasswdEntry> Choose(absl::string_view passwd, absl::string_view user) {
  std::optional<PasswdEntry> chosen;
  for (const absl::string_view line : absl::StrSplit(passwd, '\n')) {
    std::optional<PasswdEntry> entry = ParseLine(line);
    if (!entry || entry->uid < kFirstUid || entry->uid > kLastUid) continue;
    if (!user.empty() && entry->name != user) continue;
    if (!chosen || entry->uid < chosen->uid) chosen = std::move(entry);
  }
  return chosen;
}

absl::Status NoDeveloper(absl::string_view user) {
  const std::string who = user.empty() ? "any user" : absl::StrCat("the user ", user);
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("this VM does not have ", who, " with a UID from ", kFirstUid, " to ", kLastUid,
                   " to be the developer in the runtimes; add one, or name one as "
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
  absl::StatusOr<std::string> keys = ReadFile(file);
  if (!keys.ok()) return NoKeys(entry->name, file, keys.status().message());
  if (absl::StripAsciiWhitespace(*keys).empty()) {
    return NoKeys(entry->name, file, "the file is empty");
  }
  return Developer{entry->name, entry->uid, *std::move(keys)};
}

}  // namespace mpd::containers
