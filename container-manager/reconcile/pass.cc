#include "container-manager/reconcile/pass.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "container-manager/model/workload_status.h"
#include "container-manager/reconcile/await_commit.h"

namespace mpd::containers {
namespace {

// An event comes first: this is for an event that is lost.
constexpr absl::Duration kCheckOthersAgain = absl::Seconds(1);
constexpr char kSupersededPayload[] = "mpd.test/superseded";

bool IsSuperseded(const absl::Status& status) {
  return status.GetPayload(kSupersededPayload).has_value();
}

}  // namespace

absl::Status Pass::Superseded() {
  absl::Status superseded = absl::AbortedError("the wish changed");
  superseded.SetPayload(kSupersededPayload, absl::Cord());
  return superseded;
}

Pass::Pass(const ReconcilerDeps& deps, std::shared_ptr<BegunStarts> begun, WorkloadKind* kind,
           std::shared_ptr<PassContext> context, WorkloadId id, std::string retry_note)
    : deps_(deps),
      begun_(std::move(begun)),
      kind_(kind),
      context_(std::move(context)),
      id_(std::move(id)),
      retry_note_(std::move(retry_note)) {}

bool Pass::wanted() const {
  return all_.environment.requested == api::REQUESTED_STATE_RUNNING && record_.wanted();
}

std::string Pass::WhyDown() const {
  const bool by_environment =
      all_.environment.requested != api::REQUESTED_STATE_RUNNING && record_.wanted();
  return by_environment ? kEnvironmentStopped : "";
}

Awaitable<PassResult> Pass::Run() {
  auto outcome = co_await Steps();
  PassResult result;
  if (outcome.ok()) {
    result.outcome = *outcome;
    co_return result;
  }
  result.error = outcome.status();
  result.outcome = IsSuperseded(result.error) ? PassOutcome::kSuperseded : PassOutcome::kFailed;
  // Without a record, as when the store cannot be read, there is nothing to report on.
  if (result.outcome == PassOutcome::kSuperseded || !record_.exists()) co_return result;
  // What was seen to run goes on running while Podman or a peer does not answer.
  const bool keeps_state =
      absl::IsUnavailable(result.error) && record_.observed.state() == api::STATE_RUNNING;
  const api::State state = keeps_state ? api::STATE_RUNNING : api::STATE_FAILED;
  const absl::Status reported =
      co_await Report(state, absl::StrCat(result.error.message(), retry_note_));
  if (IsSuperseded(reported)) result.outcome = PassOutcome::kSuperseded;
  co_return result;
}

Awaitable<absl::StatusOr<PassOutcome>> Pass::Steps() {
  CO_ASSIGN_OR_RETURN(all_, deps_.store->ReadAll());
  const auto it = all_.workloads.find(id_);
  if (it == all_.workloads.end()) co_return PassOutcome::kGone;
  record_ = it->second;
  context_->SetDependencies(kind_->DependsOn(record_));
  if (!wanted()) MarkStartBegun(false);
  if (record_.being_deleted()) co_return co_await Delete();
  if (!wanted()) co_return co_await kind_->Down(*this);
  co_return co_await kind_->Up(*this);
}

// The records go last: cut off anywhere before, they show what is still to be deleted.
Awaitable<absl::StatusOr<PassOutcome>> Pass::Delete() {
  const absl::Status deleted = co_await kind_->Delete(*this);
  CO_RETURN_IF_ERROR(deleted);
  const auto gone = co_await AwaitCommit(deps_.loop, [this](CommitCallback done) {
    deps_.store->CommitGone(record_, std::move(done));
  });
  CO_RETURN_IF_ERROR(gone.status());
  if (!gone->succeeded) co_return Superseded();
  const std::string key = id_.Key();
  LOG_INFO("WORKLOAD_DELETED", "A workload was deleted", {{"workload", key}});
  co_return PassOutcome::kGone;
}

StartOrder Pass::order() const {
  return StartOrder(*deps_.kinds, all_, deps_.config->environment_stop_timeout);
}

std::string Pass::WaitsToStop() const { return order().WaitsToStop(record_, absl::Now()); }
absl::Duration Pass::TimeToStop() const { return order().TimeToStop(record_, absl::Now()); }

// Waits within the pass: in another one, what this one has found out of the container would have to
// be asked of Podman again.
Awaitable<absl::Status> Pass::AwaitDependencies() {
  for (std::string waits; !(waits = order().WaitsToStart(record_, begun_->ids)).empty();) {
    const absl::Status reported = co_await Report(api::STATE_STARTING, waits);
    CO_RETURN_IF_ERROR(reported);
    co_await context_->SleepForOthers(kCheckOthersAgain);
    if (context_->Stale()) co_return Superseded();
    CO_ASSIGN_OR_RETURN(all_, deps_.store->ReadAll());
  }
  co_return absl::OkStatus();
}

void Pass::MarkStartBegun(bool begun) {
  if (!begun) {
    begun_->ids.erase(id_);
  } else if (begun_->ids.insert(id_).second && begun_->on_begin) {
    begun_->on_begin(id_);
  }
}

bool Pass::SetAndCompare(api::State state, absl::string_view message) {
  SetState(&record_.observed, state, message);
  const auto before = all_.workloads.find(id_);
  return before == all_.workloads.end() ||
         before->second.observed.SerializeAsString() != record_.observed.SerializeAsString();
}

Awaitable<absl::Status> Pass::Report(api::State state, std::string message) {
  if (!SetAndCompare(state, message)) co_return absl::OkStatus();
  co_return co_await WriteObserved();
}

void Pass::ReportNoWait(api::State state) {
  if (!SetAndCompare(state, "")) return;
  deps_.store->CommitObserved(record_, [](const absl::StatusOr<CommitResponse>&) {});
  all_.workloads[id_].observed = record_.observed;
}

Awaitable<absl::Status> Pass::WriteObserved() {
  const auto written = co_await AwaitCommit(deps_.loop, [this](CommitCallback done) {
    deps_.store->CommitObserved(record_, std::move(done));
  });
  CO_RETURN_IF_ERROR(written.status());
  if (!written->succeeded) co_return Superseded();
  all_.workloads[id_].observed = record_.observed;
  co_return absl::OkStatus();
}

}  // namespace mpd::containers
