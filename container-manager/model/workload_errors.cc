#include "container-manager/model/workload_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/common_errors.h"
#include "common/base/status.h"

namespace mpd::containers {

absl::Status WorkloadErrors::NotFound(absl::string_view workload) {
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("there is no ", workload, "; list shows what there is"),
                   "WORKLOAD_NOT_FOUND", {{"workload", workload}});
}

absl::Status WorkloadErrors::Exists(absl::string_view workload) {
  return MakeError(absl::StatusCode::kAlreadyExists,
                   absl::StrCat(workload, " exists already; start it, or delete it first"),
                   "WORKLOAD_EXISTS", {{"workload", workload}});
}

absl::Status WorkloadErrors::DatabaseIdTaken(absl::string_view workload, absl::string_view version,
                                             absl::string_view existing_version) {
  return MakeError(
      absl::StatusCode::kAlreadyExists,
      absl::StrCat(workload, " exists already, with the version ", existing_version, "; ", version,
                   " would have the same name: use the one that is there, or delete it first"),
      "DATABASE_ID_TAKEN",
      {{"workload", workload}, {"version", version}, {"existing_version", existing_version}});
}

absl::Status WorkloadErrors::BeingDeleted(absl::string_view workload) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat(workload, " is being deleted; try again when it is gone"),
                   "BEING_DELETED", {{"workload", workload}});
}

absl::Status WorkloadErrors::RequestIdReused(absl::string_view request_id) {
  return CommonErrors::RequestIdReused(request_id);
}

absl::Status WorkloadErrors::Contended(absl::string_view what) {
  return MakeError(absl::StatusCode::kAborted,
                   absl::StrCat("other calls kept changing ", what, "; try again"), "CONTENDED",
                   {{"resource", what}});
}

absl::Status WorkloadErrors::NoContainer(absl::string_view workload) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat(workload, " has no container, hence no log; start it first"),
                   "NO_CONTAINER", {{"workload", workload}});
}

absl::Status WorkloadErrors::StoreRecreated(absl::string_view asked, absl::string_view store_id) {
  return CommonErrors::StoreRecreated(asked, store_id);
}

absl::Status WorkloadErrors::SlowReader(int64_t revision) {
  return CommonErrors::SlowReader(absl::StrCat("fell too far behind, to revision ", revision));
}

absl::Status WorkloadErrors::NotAvailable(absl::string_view what) {
  return CommonErrors::NotInThisVersion(what);
}

absl::Status WorkloadErrors::RecordDamaged(absl::string_view key) {
  return MakeError(absl::StatusCode::kDataLoss,
                   absl::StrCat("the store's record ", key, " is damaged"), "RECORD_DAMAGED",
                   {{"key", key}});
}

}  // namespace mpd::containers
