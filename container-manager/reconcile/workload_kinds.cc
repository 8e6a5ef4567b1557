#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/types/field_path.h"
#include "container-manager/model/workload_errors.h"
#include "container-manager/reconcile/workload_kind.h"

namespace mpd::containers {

WorkloadKind* WorkloadKinds::Find(const WorkloadId& id) const {
  for (const auto& kind : kinds_) {
    if (kind->type() == id.type && kind->ParseName(id.name).ok()) return kind.get();
  }
  return nullptr;
}

absl::StatusOr<WorkloadId> WorkloadKinds::ParseName(absl::string_view type,
                                                    absl::string_view name) const {
  absl::StatusOr<WorkloadId> parsed = WorkloadErrors::NotFound(absl::StrCat(type, "/", name));
  for (const auto& kind : kinds_) {
    if (kind->type() != type) continue;
    parsed = kind->ParseName(name);
    if (parsed.ok()) return parsed;
  }
  return parsed;
}

absl::StatusOr<WorkloadId> WorkloadKinds::ParseKey(absl::string_view key) const {
  const absl::string_view type = key.substr(0, key.find('/'));
  std::vector<std::string> expected;
  for (const auto& kind : kinds_) {
    if (kind->type() == type && type.size() < key.size()) {
      absl::StatusOr<WorkloadId> id = ParseName(type, key.substr(type.size() + 1));
      if (!id.ok()) return AtField("workload", id.status());
      return id;
    }
    std::string form = absl::StrCat(kind->type(), "/<name>");
    if (expected.empty() || expected.back() != form) expected.push_back(std::move(form));
  }
  return InvalidField("workload", key,
                      absl::StrCat("is none: expected ", absl::StrJoin(expected, ", ")));
}

}  // namespace mpd::containers
