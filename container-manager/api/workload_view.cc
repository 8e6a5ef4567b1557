#include "container-manager/api/workload_view.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mpd::containers {
namespace {

// Enough to say what is wrong, short enough for a status line.
constexpr size_t kMaxReasons = 3;

api::WorkloadStatus StatusView(const WorkloadRecord& record, const Zone& zone) {
  const stored::Observed& observed = record.observed;
  api::WorkloadStatus status;
  status.set_requested_state(record.wish.requested_state());
  status.set_state(observed.state() == api::STATE_UNSPECIFIED ? api::STATE_MISSING
                                                              : observed.state());
  status.set_status_message(observed.status_message());
  if (observed.has_state_time()) *status.mutable_state_time() = observed.state_time();
  status.set_address(observed.address());
  for (const std::string& relative : observed.hostnames()) {
    const auto hostname = Hostname::Parse(relative);
    if (hostname.ok()) status.add_hostnames(FullyQualified(*hostname, zone));
  }
  status.set_container_id(observed.container_id());
  status.set_revision(std::max(record.wish_revision, record.observed_revision));
  status.set_store_id(record.store_id);
  if (record.wish.has_delete_time()) *status.mutable_delete_time() = record.wish.delete_time();
  return status;
}

// STATE_CREATING is "creating".
std::string StateWord(api::State state) {
  const std::string& name = api::State_Name(state);
  return absl::AsciiStrToLower(name.substr(name.find('_') + 1));
}

bool IsUp(api::State state) {
  return state == api::STATE_RUNNING || state == api::STATE_STARTING ||
         state == api::STATE_CREATING || state == api::STATE_STOPPING ||
         state == api::STATE_PULLING;
}

}  // namespace

api::Service ServiceView(const WorkloadRecord& record, const Zone& zone) {
  api::Service service;
  service.set_name(record.id.name);
  *service.mutable_status() = StatusView(record, zone);
  return service;
}

api::Runtime RuntimeView(const WorkloadRecord& record, const Zone& zone) {
  api::Runtime runtime;
  runtime.set_name(record.id.name);
  runtime.set_image(record.wish.image());
  *runtime.mutable_status() = StatusView(record, zone);
  return runtime;
}

api::Database DatabaseView(const WorkloadRecord& record, const Zone& zone) {
  api::Database database;
  database.set_id(record.id.name);
  database.set_engine(record.wish.engine());
  database.set_version(record.wish.version());
  database.set_image(record.observed.image());
  *database.mutable_status() = StatusView(record, zone);
  return database;
}

api::Workload WorkloadView(const WorkloadRecord& record, const Zone& zone) {
  api::Workload workload;
  workload.set_workload(record.id.Key());
  switch (record.id.kind) {
    case WorkloadKind::kService:
      *workload.mutable_service() = ServiceView(record, zone);
      break;
    case WorkloadKind::kRuntime:
      *workload.mutable_runtime() = RuntimeView(record, zone);
      break;
    case WorkloadKind::kDatabase:
      *workload.mutable_database() = DatabaseView(record, zone);
      break;
  }
  return workload;
}

api::Environment EnvironmentView(const WorkloadList& list) {
  api::Environment environment;
  const bool on = list.environment.requested == api::REQUESTED_STATE_RUNNING;
  environment.set_requested_state(list.environment.requested);
  environment.set_revision(list.revision);
  environment.set_store_id(list.store_id);
  int wanted = 0;
  int running = 0;
  bool failed = false;
  bool up = false;
  std::vector<std::string> reasons;
  for (const auto& [id, record] : list.workloads) {
    const api::State state = record.observed.state();
    up = up || IsUp(state);
    running += state == api::STATE_RUNNING ? 1 : 0;
    const bool is_wanted =
        !record.being_deleted() && record.wish.requested_state() == api::REQUESTED_STATE_RUNNING;
    wanted += is_wanted ? 1 : 0;
    failed = failed || state == api::STATE_FAILED;
    const bool as_wanted = on && is_wanted ? state == api::STATE_RUNNING : !IsUp(state);
    if ((as_wanted && state != api::STATE_FAILED) || reasons.size() >= kMaxReasons) continue;
    const std::string& message = record.observed.status_message();
    const std::string shown = message.empty() ? StateWord(state) : message;
    reasons.push_back(absl::StrCat(id.Key(), ": ", shown));
  }
  environment.set_workloads_wanted(wanted);
  environment.set_workloads_running(running);
  environment.set_status_message(absl::StrJoin(reasons, "; "));
  if (failed) {
    environment.set_state(api::STATE_FAILED);
  } else if (on) {
    environment.set_state(reasons.empty() ? api::STATE_RUNNING : api::STATE_STARTING);
  } else {
    environment.set_state(up ? api::STATE_STOPPING : api::STATE_STOPPED);
  }
  return environment;
}

}  // namespace mpd::containers
