#include "common/types/names.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"

namespace mpd {
namespace {

constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxHostname = 200;
constexpr size_t kMaxZone = 50;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLowerOrDigit(char c) { return IsLower(c) || IsDigit(c); }

// [a-z0-9-], with a letter or digit at either end, up to a label's length.
bool IsLabel(absl::string_view text) {
  if (text.empty() || text.size() > kMaxLabel) return false;
  if (!IsLowerOrDigit(text.front()) || !IsLowerOrDigit(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

int CountLabels(absl::string_view text) {
  int labels = 0;
  for (absl::string_view label : absl::StrSplit(text, '.')) {
    if (!IsLabel(label)) return 0;
    ++labels;
  }
  return labels;
}

bool IsSimpleName(absl::string_view text) {
  return text.size() >= 2 && text.size() <= 40 && IsLower(text.front()) &&
         std::all_of(text.begin(), text.end(), IsLowerOrDigit);
}

bool IsProjectName(absl::string_view text) {
  return text.size() >= 2 && text.size() <= 40 && IsLower(text.front()) && IsLabel(text);
}

bool IsDatabaseVersion(absl::string_view text) {
  if (text == "latest") return true;
  return !text.empty() && text.size() <= 40 && IsDigit(text.front()) &&
         IsLowerOrDigit(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return IsLowerOrDigit(c) || c == '-' || c == '.';
         });
}

bool IsOwner(absl::string_view text) {
  const size_t slash = text.find('/');
  if (slash == absl::string_view::npos) return false;
  const absl::string_view kind = text.substr(0, slash);
  return (kind == "service" || kind == "db" || kind == "runtime") &&
         IsLabel(text.substr(slash + 1));
}

bool IsHostname(absl::string_view text) {
  return text == "@" || (text.size() <= kMaxHostname && CountLabels(text) > 0);
}

bool IsZone(absl::string_view text) { return text.size() <= kMaxZone && CountLabels(text) >= 2; }

bool IsRequestId(absl::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

template <>
absl::StatusOr<RuntimeName> RuntimeName::Parse(absl::string_view text) {
  if (IsSimpleName(text)) return RuntimeName(std::string(text));
  return InvalidField("runtime name", text,
                      "must be a lower-case letter, then lower-case letters and digits, 2 to 40 in "
                      "all");
}

template <>
absl::StatusOr<ProjectName> ProjectName::Parse(absl::string_view text) {
  if (IsProjectName(text)) return ProjectName(std::string(text));
  return InvalidField("project name", text,
                      "must be a lower-case letter, then lower-case letters, digits and inner "
                      "dashes, 2 to 40 in all");
}

template <>
absl::StatusOr<ServiceName> ServiceName::Parse(absl::string_view text) {
  if (IsSimpleName(text)) return ServiceName(std::string(text));
  return InvalidField("service name", text,
                      "must be a lower-case letter, then lower-case letters and digits, 2 to 40 in "
                      "all");
}

template <>
absl::StatusOr<DatabaseEngine> DatabaseEngine::Parse(absl::string_view text) {
  if (text == "postgres" || text == "mariadb" || text == "mysql") {
    return DatabaseEngine(std::string(text));
  }
  return InvalidField("database engine", text, "must be postgres, mariadb or mysql");
}

template <>
absl::StatusOr<DatabaseVersion> DatabaseVersion::Parse(absl::string_view text) {
  if (IsDatabaseVersion(text)) return DatabaseVersion(std::string(text));
  return InvalidField("database version", text,
                      "must be \"latest\", or begin with a digit and hold lower-case letters, "
                      "digits, dots and dashes, like 17 or 11.8");
}

template <>
absl::StatusOr<Owner> Owner::Parse(absl::string_view text) {
  if (IsOwner(text)) return Owner(std::string(text));
  return InvalidField("owner", text,
                      "must be service/<name>, db/<id> or runtime/<name>, with lower-case letters, "
                      "digits and inner dashes");
}

template <>
absl::StatusOr<Hostname> Hostname::Parse(absl::string_view text) {
  if (IsHostname(text)) return Hostname(std::string(text));
  return InvalidField("hostname", text,
                      "must be \"@\" or labels of lower-case letters, digits and inner dashes with "
                      "dots between, each at most 63 characters, 200 in all");
}

template <>
absl::StatusOr<Zone> Zone::Parse(absl::string_view text) {
  if (IsZone(text)) return Zone(std::string(text));
  return InvalidField("zone", text,
                      "must be two or more labels of lower-case letters, digits and inner dashes, "
                      "at most 50 characters, like mpd.test");
}

template <>
absl::StatusOr<RequestId> RequestId::Parse(absl::string_view text) {
  if (IsRequestId(text)) return RequestId(std::string(text));
  return InvalidField("request_id", text, "must be 1 to 128 printable ASCII characters, no spaces");
}

std::string FullyQualified(const Hostname& hostname, const Zone& zone) {
  if (hostname.value() == "@") return zone.value();
  return absl::StrCat(hostname.value(), ".", zone.value());
}

std::string DatabaseId(const DatabaseEngine& engine, const DatabaseVersion& version) {
  return absl::StrCat(engine.value(), "-", absl::StrReplaceAll(version.value(), {{".", "-"}}));
}

}  // namespace mpd
