#include "container-manager/api/workload_view.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mpd::containers {
namespace {

// Enough to say what is wrong, short enough for a status line.
constexpr size_t kMaxReasons = 3;

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

// What the environment's parts are, taken together.
struct Summary {
  int wanted = 0;
  int running = 0;
  bool failed = false;
  bool up = false;
  std::vector<std::string> reasons;  // why it is not as wanted
};

void AddTo(Summary* summary, const WorkloadId& id, const WorkloadRecord& record,
           bool environment_on) {
  const api::State state = record.observed.state();
  summary->wanted += record.wanted() ? 1 : 0;
  summary->running += state == api::STATE_RUNNING ? 1 : 0;
  summary->failed = summary->failed || state == api::STATE_FAILED;
  summary->up = summary->up || IsUp(state);
  const bool as_wanted =
      environment_on && record.wanted() ? state == api::STATE_RUNNING : !IsUp(state);
  if (as_wanted && state != api::STATE_FAILED) return;
  if (summary->reasons.size() >= kMaxReasons) return;
  const std::string& message = record.observed.status_message();
  const std::string shown = message.empty() ? StateWord(state) : message;
  summary->reasons.push_back(absl::StrCat(id.Key(), ": ", shown));
}

api::State StateOf(const Summary& summary, bool environment_on) {
  if (summary.failed) return api::STATE_FAILED;
  if (environment_on) return summary.reasons.empty() ? api::STATE_RUNNING : api::STATE_STARTING;
  return summary.up ? api::STATE_STOPPING : api::STATE_STOPPED;
}

}  // namespace

api::Workload WorkloadView(const WorkloadRecord& record, const WorkloadKinds& kinds,
                           const Zone& zone) {
  api::Workload workload;
  workload.set_workload(record.id.Key());
  const WorkloadKind* const kind = kinds.Find(record.id);
  if (kind != nullptr) kind->View(record, zone, &workload);
  return workload;
}

api::Environment EnvironmentView(const WorkloadList& list, const WorkloadKinds& kinds) {
  const bool on = list.environment.requested == api::REQUESTED_STATE_RUNNING;
  Summary summary;
  for (const auto& kind : kinds.all()) {
    for (const auto& [id, record] : list.workloads) {
      if (kinds.Find(id) == kind.get()) AddTo(&summary, id, record, on);
    }
  }
  api::Environment environment;
  environment.set_requested_state(list.environment.requested);
  environment.set_revision(list.revision);
  environment.set_store_id(list.store_id);
  environment.set_workloads_wanted(summary.wanted);
  environment.set_workloads_running(summary.running);
  environment.set_status_message(absl::StrJoin(summary.reasons, "; "));
  environment.set_state(StateOf(summary, on));
  return environment;
}

}  // namespace mpd::containers
