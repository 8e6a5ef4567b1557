#include "container-manager/workload.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/field_path.h"
#include "common/names.h"
#include "common/status.h"
#include "container-manager/workload_errors.h"

namespace mpd::containers {

absl::string_view TypeLabel(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kService:
      return "service";
    case WorkloadKind::kRuntime:
      return "runtime";
  }
  return "";
}

std::string WorkloadId::Key() const { return absl::StrCat(TypeLabel(kind), "/", name); }

std::string WorkloadId::ContainerName() const {
  return absl::StrCat("mpd-", TypeLabel(kind), "-", name);
}

std::string WorkloadId::Pool() const { return absl::StrCat(TypeLabel(kind), "s"); }

std::string WorkloadId::Hostname() const { return absl::StrCat(name, ".", TypeLabel(kind)); }

WorkloadId DnsmasqId() { return {WorkloadKind::kService, "dnsmasq"}; }

absl::StatusOr<WorkloadId> RuntimeId(absl::string_view name) {
  const auto checked = RuntimeName::Parse(name);
  if (!checked.ok()) return AtField("name", checked.status());
  return WorkloadId{WorkloadKind::kRuntime, checked->value()};
}

absl::StatusOr<WorkloadId> ServiceId(absl::string_view name) {
  const auto checked = ServiceName::Parse(name);
  if (!checked.ok()) return AtField("name", checked.status());
  const WorkloadId id{WorkloadKind::kService, checked->value()};
  if (id != DnsmasqId()) return WorkloadErrors::NotFound(id.Key());
  return id;
}

namespace {

absl::StatusOr<WorkloadId> IdOfKey(absl::string_view key) {
  absl::string_view name = key;
  if (absl::ConsumePrefix(&name, "runtime/")) return RuntimeId(name);
  if (absl::ConsumePrefix(&name, "service/")) return ServiceId(name);
  return InvalidField("workload", key, "is none: expected service/<name> or runtime/<name>");
}

}  // namespace

absl::StatusOr<WorkloadId> ParseWorkloadKey(absl::string_view key) {
  absl::StatusOr<WorkloadId> id = IdOfKey(key);
  if (!id.ok()) return AtField("workload", id.status());
  return id;
}

}  // namespace mpd::containers
