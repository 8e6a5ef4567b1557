#include "container-manager/api/workload_commands.h"

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/base/timestamps.h"
#include "container-manager/api/workload_view.h"
#include "container-manager/model/workload_status.h"

namespace mpd::containers {
namespace {

// Many calls at once for the same workload meet each other by design.
constexpr int kMaxTries = 20;

// Puts what follows from the wish to run into the record, so that the answer shows it.
void ExpectStart(const EnvironmentRecord& environment, api::State next, WorkloadRecord* record) {
  const api::State state = record->observed.state();
  if (environment.requested == api::REQUESTED_STATE_RUNNING) {
    if (state != api::STATE_RUNNING) SetState(&record->observed, next);
    return;
  }
  SetState(&record->observed, state == api::STATE_UNSPECIFIED ? api::STATE_MISSING : state,
           kEnvironmentStopped);
}

// The same for the wish to stop.
void ExpectStop(WorkloadRecord* record) {
  const api::State state = record->observed.state();
  if (state == api::STATE_MISSING || state == api::STATE_UNSPECIFIED) {
    SetState(&record->observed, api::STATE_MISSING);
  } else {
    SetState(&record->observed,
             state == api::STATE_STOPPED ? api::STATE_STOPPED : api::STATE_STOPPING);
  }
}

// Shows every wanted workload as STARTING when the environment starts, and clears the message that
// said why it was down.
void ExpectStarts(WorkloadList* list, StoreTransaction* transaction) {
  for (auto& [id, record] : list->workloads) {
    if (!record.wanted() || record.observed.state() == api::STATE_RUNNING) continue;
    SetState(&record.observed, api::STATE_STARTING);
    const std::string key = WorkloadStore::ObservedKey(id);
    transaction->compares.push_back({key, record.observed_revision});
    transaction->ops.push_back({StoreOp::Type::kPut, key, record.observed.SerializeAsString()});
  }
}

// No workload of another version may stand where this one would be stored. One that comes after
// this was checked makes the commit fail, and is found at the next try.
absl::Status MustBeFree(const WorkloadId& id, const std::string& version,
                        const WorkloadStore* store) {
  ASSIGN_OR_RETURN(const WorkloadRecord found, store->Read(id));
  if (!found.exists() || found.wish.version() == version) return absl::OkStatus();
  return WorkloadErrors::DatabaseIdTaken(id.Key(), version, found.wish.version());
}

absl::Status MustExist(const WorkloadRecord& record) {
  if (!record.exists()) return WorkloadErrors::NotFound(record.id.Key());
  if (record.being_deleted()) return WorkloadErrors::BeingDeleted(record.id.Key());
  return absl::OkStatus();
}

}  // namespace

struct WorkloadCommands::Attempt {
  std::string request_id;
  // The request without its id.
  std::string fingerprint;
  std::function<absl::StatusOr<Outcome>()> change;
  Done done;
  int tries = 0;
};

bool WorkloadCommands::AnswerRepeated(const Attempt& attempt) const {
  const auto before = store_->ReadRequest(attempt.request_id);
  if (before.ok() && !before->has_value()) return false;
  if (!before.ok()) {
    attempt.done(before.status(), 0);
  } else if ((*before)->answered.fingerprint() != attempt.fingerprint) {
    attempt.done(WorkloadErrors::RequestIdReused(attempt.request_id), 0);
  } else {
    attempt.done((*before)->answered.response(), (*before)->revision);
  }
  return true;
}

// Ends with the record in the store. What happens then is the reconciler's: it follows the store's
// events (Reconciler::Impl::OnStoreKey) and has the workload's loop bring it to the new wish.
void WorkloadCommands::Try(Attempt attempt) {
  const bool has_id = !attempt.request_id.empty();
  if (has_id) {
    const auto checked = RequestId::Parse(attempt.request_id);
    if (!checked.ok()) return attempt.done(checked.status(), 0);
    if (AnswerRepeated(attempt)) return;
  }
  auto outcome = attempt.change();
  if (!outcome.ok()) {
    // The first call with this id may have been stored since it was looked for: what it made is
    // then what this one runs into.
    if (has_id && AnswerRepeated(attempt)) return;
    return attempt.done(outcome.status(), 0);
  }
  if (has_id) {
    stored::AnsweredRequest answered;
    answered.set_fingerprint(attempt.fingerprint);
    answered.set_response(outcome->response);
    *answered.mutable_time() = ToTimestamp(absl::Now());
    const std::string key = WorkloadStore::RequestKey(attempt.request_id);
    outcome->transaction.compares.push_back({key, 0});
    outcome->transaction.ops.push_back({StoreOp::Type::kPut, key, answered.SerializeAsString()});
  }
  Commit(std::move(attempt), *std::move(outcome));
}

void WorkloadCommands::Commit(Attempt attempt, Outcome outcome) {
  store_->store()->Commit(
      std::move(outcome.transaction),
      [this, attempt = std::move(attempt),
       response = std::move(outcome.response)](absl::StatusOr<CommitResponse> committed) mutable {
        if (!committed.ok()) return attempt.done(committed.status(), 0);
        if (committed->succeeded) return attempt.done(std::move(response), committed->revision);
        if (++attempt.tries >= kMaxTries) {
          return attempt.done(WorkloadErrors::Contended(attempt.fingerprint), 0);
        }
        // On the loop, as reading again would hold up the store's thread.
        mailbox_.Post([this, attempt = std::move(attempt)]() mutable { Try(std::move(attempt)); });
      });
}

void WorkloadCommands::StartEnvironment(const std::string& request_id,
                                        Reply<api::Environment> reply) {
  SetEnvironment(api::REQUESTED_STATE_RUNNING, "StartEnvironment", request_id, std::move(reply));
}

void WorkloadCommands::StopEnvironment(const std::string& request_id,
                                       Reply<api::Environment> reply) {
  SetEnvironment(api::REQUESTED_STATE_STOPPED, "StopEnvironment", request_id, std::move(reply));
}

void WorkloadCommands::SetEnvironment(api::RequestedState requested, const std::string& method,
                                      const std::string& request_id,
                                      Reply<api::Environment> reply) {
  Attempt attempt;
  attempt.request_id = request_id;
  attempt.fingerprint = method;
  attempt.change = [this, requested] { return EnvironmentOutcome(requested); };
  attempt.done = Deliver<api::Environment>(std::move(reply));
  Try(std::move(attempt));
}

absl::StatusOr<WorkloadCommands::Outcome> WorkloadCommands::EnvironmentOutcome(
    api::RequestedState requested) const {
  ASSIGN_OR_RETURN(WorkloadList list, store_->ReadAll());
  Outcome outcome;
  stored::EnvironmentWish wish;
  wish.set_requested_state(requested);
  if (requested == api::REQUESTED_STATE_STOPPED) {
    *wish.mutable_stop_time() = ToTimestamp(absl::Now());
  }
  outcome.transaction.compares.push_back(
      {WorkloadStore::kEnvironmentKey, list.environment.revision});
  outcome.transaction.ops.push_back(
      {StoreOp::Type::kPut, WorkloadStore::kEnvironmentKey, wish.SerializeAsString()});
  list.environment.requested = requested;
  if (requested == api::REQUESTED_STATE_RUNNING) ExpectStarts(&list, &outcome.transaction);
  outcome.response = EnvironmentView(list, *kinds_).SerializeAsString();
  return outcome;
}

void WorkloadCommands::ChangeRecord(const std::string& method, Target target,
                                    const std::string& request_id, Edit edit, View view,
                                    Done done) {
  if (!target.ok()) return done(target.status(), 0);
  Attempt attempt;
  attempt.request_id = request_id;
  attempt.fingerprint = absl::StrCat(method, " ", target->id.Key());
  if (!target->wish.version().empty()) {
    absl::StrAppend(&attempt.fingerprint, " ", target->wish.version());
  }
  attempt.change = [this, target = *std::move(target), edit = std::move(edit),
                    view = std::move(view)] { return RecordOutcome(target, edit, view); };
  attempt.done = std::move(done);
  Try(std::move(attempt));
}

// A record is written whole, provided that both its parts are as they were read.
absl::StatusOr<WorkloadCommands::Outcome> WorkloadCommands::RecordOutcome(
    const WorkloadRecord& target, const Edit& edit, const View& view) const {
  const WorkloadId& id = target.id;
  ASSIGN_OR_RETURN(WorkloadRecord record, store_->Read(id));
  ASSIGN_OR_RETURN(const EnvironmentRecord environment, store_->ReadEnvironment());
  // Two versions of a database can give the same id: the one is not the other.
  if (!record.exists() || record.wish.version() != target.wish.version()) record = target;
  record.store_id = store_->store()->store_id();
  RETURN_IF_ERROR(edit(environment, &record));
  Outcome outcome;
  // An edit that leaves a workload that does not exist as it is writes nothing.
  if (record.exists() || record.wish.has_create_time()) {
    const std::string wish_key = WorkloadStore::WishKey(id);
    const std::string observed_key = WorkloadStore::ObservedKey(id);
    outcome.transaction.compares = {{wish_key, record.wish_revision},
                                    {observed_key, record.observed_revision}};
    outcome.transaction.ops = {
        {StoreOp::Type::kPut, wish_key, record.wish.SerializeAsString()},
        {StoreOp::Type::kPut, observed_key, record.observed.SerializeAsString()}};
  }
  outcome.response = view(record);
  return outcome;
}

WorkloadCommands::Edit WorkloadCommands::CreateEdit() const {
  return [this](const EnvironmentRecord& environment, WorkloadRecord* record) {
    if (record->being_deleted()) return WorkloadErrors::BeingDeleted(record->id.Key());
    if (record->exists()) return WorkloadErrors::Exists(record->id.Key());
    RETURN_IF_ERROR(MustBeFree(record->id, record->wish.version(), store_));
    record->wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
    const WorkloadKind* const kind = kinds_->Find(record->id);
    if (kind != nullptr) kind->Complete(record->id, &record->wish);
    *record->wish.mutable_create_time() = ToTimestamp(absl::Now());
    ExpectStart(environment, api::STATE_CREATING, record);
    return absl::OkStatus();
  };
}

WorkloadCommands::Edit WorkloadCommands::StartEdit() {
  return [](const EnvironmentRecord& environment, WorkloadRecord* record) {
    RETURN_IF_ERROR(MustExist(*record));
    record->wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
    ExpectStart(environment, api::STATE_STARTING, record);
    return absl::OkStatus();
  };
}

WorkloadCommands::Edit WorkloadCommands::StopEdit() {
  return [](const EnvironmentRecord&, WorkloadRecord* record) {
    RETURN_IF_ERROR(MustExist(*record));
    record->wish.set_requested_state(api::REQUESTED_STATE_STOPPED);
    ExpectStop(record);
    return absl::OkStatus();
  };
}

WorkloadCommands::Edit WorkloadCommands::RestartEdit() {
  return [](const EnvironmentRecord& environment, WorkloadRecord* record) {
    RETURN_IF_ERROR(MustExist(*record));
    record->wish.set_restart_count(record->wish.restart_count() + 1);
    if (environment.requested == api::REQUESTED_STATE_RUNNING) {
      SetState(&record->observed, api::STATE_STARTING, "being restarted");
    }
    return absl::OkStatus();
  };
}

WorkloadCommands::Edit WorkloadCommands::DeleteEdit() {
  return [](const EnvironmentRecord&, WorkloadRecord* record) {
    if (!record->exists()) return absl::OkStatus();
    if (!record->being_deleted()) *record->wish.mutable_delete_time() = ToTimestamp(absl::Now());
    SetState(&record->observed, api::STATE_STOPPING, "being deleted");
    return absl::OkStatus();
  };
}

}  // namespace mpd::containers
