#include "container-manager/model/workload.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mpd::containers {
namespace {

bool IsSafe(absl::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
  });
}

}  // namespace

std::string WorkloadId::Key() const { return absl::StrCat(type, "/", name); }

std::string WorkloadId::ContainerName() const { return absl::StrCat("mpd-", type, "-", name); }

std::optional<WorkloadId> WorkloadIdOfKey(absl::string_view key) {
  const size_t slash = key.find('/');
  if (slash == absl::string_view::npos) return std::nullopt;
  const absl::string_view type = key.substr(0, slash);
  const absl::string_view name = key.substr(slash + 1);
  if (!IsSafe(type) || !IsSafe(name)) return std::nullopt;
  return WorkloadId{std::string(type), std::string(name)};
}

}  // namespace mpd::containers
