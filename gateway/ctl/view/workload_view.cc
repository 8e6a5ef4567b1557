#include "gateway/ctl/view/workload_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace mpd::gateway::ctl {
namespace {

namespace v1 = mpd::containers::v1;

std::string RequestedName(v1::RequestedState state) {
  return std::string(absl::StripPrefix(v1::RequestedState_Name(state), "REQUESTED_STATE_"));
}

}  // namespace

const v1::WorkloadStatus& StatusOf(const v1::Workload& workload) {
  switch (workload.resource_case()) {
    case v1::Workload::kService:
      return workload.service().status();
    case v1::Workload::kRuntime:
      return workload.runtime().status();
    case v1::Workload::kDatabase:
      return workload.database().status();
    case v1::Workload::kProject:
      return workload.project().status();
    case v1::Workload::RESOURCE_NOT_SET:
      break;
  }
  return v1::WorkloadStatus::default_instance();
}

std::string StateName(v1::State state) {
  return std::string(absl::StripPrefix(v1::State_Name(state), "STATE_"));
}

Cell StateCell(v1::State state) {
  switch (state) {
    case v1::STATE_RUNNING:
      return {StateName(state), Color::kGreen};
    case v1::STATE_FAILED:
      return {StateName(state), Color::kRed};
    case v1::STATE_STOPPED:
    case v1::STATE_MISSING:
      return {StateName(state), Color::kDim};
    default:
      return {StateName(state), Color::kYellow};
  }
}

Table WorkloadTable(const std::vector<v1::Workload>& workloads) {
  const bool messages = std::any_of(workloads.begin(), workloads.end(), [](const auto& workload) {
    return !StatusOf(workload).status_message().empty();
  });
  std::vector<std::string> header = {"WORKLOAD", "WANTED", "STATE", "ADDRESS", "HOSTNAMES"};
  if (messages) header.push_back("MESSAGE");
  Table table(std::move(header));
  for (const v1::Workload& workload : workloads) {
    const v1::WorkloadStatus& status = StatusOf(workload);
    std::vector<Cell> row = {workload.workload(), RequestedName(status.requested_state()),
                             StateCell(status.state()), status.address(),
                             absl::StrJoin(status.hostnames(), " ")};
    if (messages) row.emplace_back(status.status_message());
    table.Add(std::move(row));
  }
  return table;
}

v1::Workload ToWorkload(const v1::Runtime& runtime) {
  v1::Workload workload;
  workload.set_workload(absl::StrCat("runtime/", runtime.name()));
  *workload.mutable_runtime() = runtime;
  return workload;
}

v1::Workload ToWorkload(const v1::Database& database) {
  v1::Workload workload;
  workload.set_workload(absl::StrCat("db/", database.id()));
  *workload.mutable_database() = database;
  return workload;
}

}  // namespace mpd::gateway::ctl
