#include "container-manager/model/workload.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "common/types/field_path.h"
#include "common/types/names.h"
#include "container-manager/model/workload_errors.h"

namespace mpd::containers {

absl::string_view TypeLabel(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::kService:
      return "service";
    case WorkloadKind::kRuntime:
      return "runtime";
    case WorkloadKind::kDatabase:
      return "db";
  }
  return "";
}

std::string WorkloadId::Key() const { return absl::StrCat(TypeLabel(kind), "/", name); }

std::string WorkloadId::ContainerName() const {
  return absl::StrCat("mpd-", TypeLabel(kind), "-", name);
}

std::string WorkloadId::Pool() const {
  return kind == WorkloadKind::kDatabase ? "databases" : absl::StrCat(TypeLabel(kind), "s");
}

std::vector<std::string> WorkloadId::Hostnames() const {
  if (*this == PortalId()) return {"portal.service", "@", "adminer.service"};
  if (*this == AdminerId()) return {"backend.adminer.service"};
  return {absl::StrCat(name, ".", TypeLabel(kind))};
}

WorkloadId DnsmasqId() { return {WorkloadKind::kService, "dnsmasq"}; }
WorkloadId PortalId() { return {WorkloadKind::kService, "portal"}; }
WorkloadId FileaccessId() { return {WorkloadKind::kService, "fileaccess"}; }
WorkloadId AdminerId() { return {WorkloadKind::kService, "adminer"}; }

absl::StatusOr<WorkloadId> RuntimeId(absl::string_view name) {
  const auto checked = RuntimeName::Parse(name);
  if (!checked.ok()) return AtField("name", checked.status());
  return WorkloadId{WorkloadKind::kRuntime, checked->value()};
}

absl::StatusOr<WorkloadId> DatabaseWorkloadId(absl::string_view engine, absl::string_view version) {
  const auto checked_engine = DatabaseEngine::Parse(engine);
  if (!checked_engine.ok()) return AtField("engine", checked_engine.status());
  const auto checked_version = DatabaseVersion::Parse(version);
  if (!checked_version.ok()) return AtField("version", checked_version.status());
  return WorkloadId{WorkloadKind::kDatabase, DatabaseId(*checked_engine, *checked_version)};
}

absl::StatusOr<WorkloadId> ServiceId(absl::string_view name) {
  const auto checked = ServiceName::Parse(name);
  if (!checked.ok()) return AtField("name", checked.status());
  const WorkloadId id{WorkloadKind::kService, checked->value()};
  for (const WorkloadId& service : {DnsmasqId(), PortalId(), FileaccessId(), AdminerId()}) {
    if (id == service) return id;
  }
  return WorkloadErrors::NotFound(id.Key());
}

namespace {

absl::StatusOr<WorkloadId> IdOfKey(absl::string_view key) {
  absl::string_view name = key;
  if (absl::ConsumePrefix(&name, "runtime/")) return RuntimeId(name);
  if (absl::ConsumePrefix(&name, "service/")) return ServiceId(name);
  // An id is what an owner may be called; engine and version are not to be had from it.
  if (absl::ConsumePrefix(&name, "db/") && Owner::Parse(key).ok()) {
    return WorkloadId{WorkloadKind::kDatabase, std::string(name)};
  }
  return InvalidField("workload", key,
                      "is none: expected service/<name>, runtime/<name> or db/<id>");
}

}  // namespace

absl::StatusOr<WorkloadId> ParseWorkloadKey(absl::string_view key) {
  absl::StatusOr<WorkloadId> id = IdOfKey(key);
  if (!id.ok()) return AtField("workload", id.status());
  return id;
}

}  // namespace mpd::containers
