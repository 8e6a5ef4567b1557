#include "container-manager/api/workload_commands.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/types/names.h"
#include "container-manager/api/workload_view.h"
#include "container-manager/model/workload_errors.h"
#include "container-manager/reconcile/workload_specs.h"

namespace mpd::containers {
namespace {

// Changes that meet each other this often do so by design.
constexpr int kMaxTries = 20;
constexpr char kEnvironmentStopped[] = "the environment is stopped; run mpdctl up";

void SetNow(google::protobuf::Timestamp* time) {
  const int64_t nanos = absl::ToUnixNanos(absl::Now());
  time->set_seconds(nanos / 1'000'000'000);
  time->set_nanos(static_cast<int>(nanos % 1'000'000'000));
}

void SetState(WorkloadRecord* record, api::State state, const std::string& message = "") {
  if (record->observed.state() != state) SetNow(record->observed.mutable_state_time());
  record->observed.set_state(state);
  record->observed.set_status_message(message);
}

// What follows from the wish to run: shown at once, and then seen to happen.
void ExpectStart(const EnvironmentRecord& environment, api::State next, WorkloadRecord* record) {
  if (environment.requested == api::REQUESTED_STATE_RUNNING) {
    if (record->observed.state() != api::STATE_RUNNING) SetState(record, next);
    return;
  }
  const api::State state = record->observed.state();
  SetState(record, state == api::STATE_UNSPECIFIED ? api::STATE_MISSING : state,
           kEnvironmentStopped);
}

void ExpectStop(WorkloadRecord* record) {
  const api::State state = record->observed.state();
  const bool is_down =
      state == api::STATE_MISSING || state == api::STATE_STOPPED || state == api::STATE_UNSPECIFIED;
  SetState(record, is_down ? (state == api::STATE_UNSPECIFIED ? api::STATE_MISSING : state)
                           : api::STATE_STOPPING);
}

// The same for everything that is wanted: why it was not running before is no news any more.
void ExpectStarts(WorkloadList* list, StoreTransaction* transaction) {
  for (auto& [id, record] : list->workloads) {
    const bool is_wanted =
        !record.being_deleted() && record.wish.requested_state() == api::REQUESTED_STATE_RUNNING;
    if (!is_wanted || record.observed.state() == api::STATE_RUNNING) continue;
    SetState(&record, api::STATE_STARTING);
    const std::string key = WorkloadStore::ObservedKey(id);
    transaction->compares.push_back({key, record.observed_revision});
    transaction->ops.push_back({StoreOp::Type::kPut, key, record.observed.SerializeAsString()});
  }
}

// Nothing else may stand where this workload would be stored. One that has come to be there since
// it was looked for is no other: to store this one is refused, and that one is found then.
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

struct WorkloadCommands::Change {
  StoreTransaction transaction;
  // The answer; `finish` puts in the revision, known only once it is stored.
  std::string response;
};

struct WorkloadCommands::Attempt {
  std::string request_id;
  std::string fingerprint;
  std::function<absl::StatusOr<Change>()> change;
  std::function<void(absl::StatusOr<std::string> response, int64_t revision)> done;
  int tries = 0;
};

namespace {

void SetRevision(api::Environment* message, int64_t revision) { message->set_revision(revision); }
template <typename Message>
void SetRevision(Message* message, int64_t revision) {
  message->mutable_status()->set_revision(revision);
}

// std::function wants what it holds to be copyable.
template <typename Message>
std::function<void(absl::StatusOr<std::string>, int64_t)> Deliver(Answer<Message> answer) {
  auto shared = std::make_shared<Answer<Message>>(std::move(answer));
  return [shared](absl::StatusOr<std::string> response, int64_t revision) {
    if (!response.ok()) return (*shared)(response.status());
    Message message;
    if (!message.ParseFromString(*response)) {
      return (*shared)(WorkloadErrors::RecordDamaged("request"));
    }
    SetRevision(&message, revision);
    (*shared)(std::move(message));
  };
}

}  // namespace

void WorkloadCommands::Try(Attempt attempt) {
  const bool has_id = !attempt.request_id.empty();
  if (has_id) {
    const auto checked = RequestId::Parse(attempt.request_id);
    if (!checked.ok()) return attempt.done(checked.status(), 0);
    const auto before = store_->ReadRequest(attempt.request_id);
    if (!before.ok()) return attempt.done(before.status(), 0);
    if (before->has_value()) {
      const AnsweredRecord& record = **before;
      if (record.answered.fingerprint() != attempt.fingerprint) {
        return attempt.done(WorkloadErrors::RequestIdReused(attempt.request_id), 0);
      }
      return attempt.done(record.answered.response(), record.revision);
    }
  }
  auto change = attempt.change();
  if (!change.ok()) return attempt.done(change.status(), 0);
  if (has_id) {
    stored::AnsweredRequest answered;
    answered.set_fingerprint(attempt.fingerprint);
    answered.set_response(change->response);
    SetNow(answered.mutable_time());
    const std::string key = WorkloadStore::RequestKey(attempt.request_id);
    change->transaction.compares.push_back({key, 0});
    change->transaction.ops.push_back({StoreOp::Type::kPut, key, answered.SerializeAsString()});
  }
  store_->store()->Commit(
      std::move(change->transaction),
      [this, attempt = std::move(attempt),
       response = std::move(change->response)](absl::StatusOr<CommitResponse> committed) mutable {
        if (!committed.ok()) return attempt.done(committed.status(), 0);
        if (committed->succeeded) return attempt.done(std::move(response), committed->revision);
        if (++attempt.tries >= kMaxTries) {
          return attempt.done(WorkloadErrors::Contended(attempt.fingerprint), 0);
        }
        // Reading again takes time that the store's thread has not.
        boost::asio::post(
            *loop_, [this, attempt = std::move(attempt)]() mutable { Try(std::move(attempt)); });
      });
}

void WorkloadCommands::StartEnvironment(const std::string& request_id,
                                        Answer<api::Environment> answer) {
  SetEnvironment(api::REQUESTED_STATE_RUNNING, "StartEnvironment", request_id, std::move(answer));
}

void WorkloadCommands::StopEnvironment(const std::string& request_id,
                                       Answer<api::Environment> answer) {
  SetEnvironment(api::REQUESTED_STATE_STOPPED, "StopEnvironment", request_id, std::move(answer));
}

void WorkloadCommands::SetEnvironment(api::RequestedState requested, const std::string& method,
                                      const std::string& request_id,
                                      Answer<api::Environment> answer) {
  Attempt attempt;
  attempt.request_id = request_id;
  attempt.fingerprint = method;
  attempt.change = [this, requested]() -> absl::StatusOr<Change> {
    ASSIGN_OR_RETURN(WorkloadList list, store_->ReadAll());
    Change change;
    stored::EnvironmentWish wish;
    wish.set_requested_state(requested);
    if (requested == api::REQUESTED_STATE_STOPPED) SetNow(wish.mutable_stop_time());
    change.transaction.compares.push_back(
        {WorkloadStore::kEnvironmentKey, list.environment.revision});
    change.transaction.ops.push_back(
        {StoreOp::Type::kPut, WorkloadStore::kEnvironmentKey, wish.SerializeAsString()});
    list.environment.requested = requested;
    if (requested == api::REQUESTED_STATE_RUNNING) ExpectStarts(&list, &change.transaction);
    change.response = EnvironmentView(list).SerializeAsString();
    return change;
  };
  attempt.done = Deliver<api::Environment>(std::move(answer));
  Try(std::move(attempt));
}

WorkloadCommands::Target WorkloadCommands::RuntimeTarget(absl::string_view name) {
  WorkloadRecord target;
  ASSIGN_OR_RETURN(target.id, RuntimeId(name));
  return target;
}

WorkloadCommands::Target WorkloadCommands::DatabaseTarget(absl::string_view engine,
                                                          absl::string_view version) {
  WorkloadRecord target;
  ASSIGN_OR_RETURN(target.id, DatabaseWorkloadId(engine, version));
  target.wish.set_engine(std::string(engine));
  target.wish.set_version(std::string(version));
  return target;
}

// A record is written whole, provided that both its parts are as they were read.
absl::StatusOr<WorkloadCommands::Change> WorkloadCommands::ChangeRecord(
    const WorkloadRecord& target, const Edit& edit) const {
  const WorkloadId& id = target.id;
  ASSIGN_OR_RETURN(WorkloadRecord record, store_->Read(id));
  ASSIGN_OR_RETURN(const EnvironmentRecord environment, store_->ReadEnvironment());
  // Two versions of a database can give the same id: the one is not the other.
  if (!record.exists() || record.wish.version() != target.wish.version()) record = target;
  record.store_id = store_->store()->store_id();
  RETURN_IF_ERROR(edit(environment, &record));
  Change change;
  // An edit that leaves a workload that does not exist as it is writes nothing.
  if (record.exists() || record.wish.has_create_time()) {
    const std::string wish_key = WorkloadStore::WishKey(id);
    const std::string observed_key = WorkloadStore::ObservedKey(id);
    change.transaction.compares = {{wish_key, record.wish_revision},
                                   {observed_key, record.observed_revision}};
    change.transaction.ops = {
        {StoreOp::Type::kPut, wish_key, record.wish.SerializeAsString()},
        {StoreOp::Type::kPut, observed_key, record.observed.SerializeAsString()}};
  }
  switch (id.kind) {
    case WorkloadKind::kService:
      change.response = ServiceView(record, config_->zone).SerializeAsString();
      break;
    case WorkloadKind::kRuntime:
      change.response = RuntimeView(record, config_->zone).SerializeAsString();
      break;
    case WorkloadKind::kDatabase:
      change.response = DatabaseView(record, config_->zone).SerializeAsString();
      break;
  }
  return change;
}

template <typename Message>
void WorkloadCommands::EditRecord(const Target& target, const std::string& method,
                                  const std::string& request_id, Edit edit,
                                  Answer<Message> answer) {
  if (!target.ok()) return answer(target.status());
  Attempt attempt;
  attempt.request_id = request_id;
  attempt.fingerprint = absl::StrCat(method, " ", target->id.Key());
  if (!target->wish.version().empty()) {
    absl::StrAppend(&attempt.fingerprint, " ", target->wish.version());
  }
  attempt.change = [this, target = *target, edit = std::move(edit)] {
    return ChangeRecord(target, edit);
  };
  attempt.done = Deliver<Message>(std::move(answer));
  Try(std::move(attempt));
}

void WorkloadCommands::RestartService(absl::string_view name, const std::string& request_id,
                                      Answer<api::Service> answer) {
  const auto id = ServiceId(name);
  if (!id.ok()) return answer(id.status());
  const Edit edit = [](const EnvironmentRecord& environment, WorkloadRecord* record) {
    RETURN_IF_ERROR(MustExist(*record));
    record->wish.set_restart_count(record->wish.restart_count() + 1);
    if (environment.requested == api::REQUESTED_STATE_RUNNING) {
      SetState(record, api::STATE_STARTING, "being restarted");
    }
    return absl::OkStatus();
  };
  WorkloadRecord target;
  target.id = *id;
  EditRecord(Target(target), "RestartService", request_id, edit, std::move(answer));
}

template <typename Message>
void WorkloadCommands::Create(const Target& target, const std::string& method,
                              const std::string& request_id, Answer<Message> answer) {
  const auto edit = [this](const EnvironmentRecord& environment, WorkloadRecord* record) {
    if (record->being_deleted()) return WorkloadErrors::BeingDeleted(record->id.Key());
    if (record->exists()) return WorkloadErrors::Exists(record->id.Key());
    RETURN_IF_ERROR(MustBeFree(record->id, record->wish.version(), store_));
    record->wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
    if (record->id.kind == WorkloadKind::kRuntime) {
      record->wish.set_image(RuntimeImage(*config_, record->id.name));
    }
    SetNow(record->wish.mutable_create_time());
    ExpectStart(environment, api::STATE_CREATING, record);
    return absl::OkStatus();
  };
  EditRecord(target, method, request_id, edit, std::move(answer));
}

template <typename Message>
void WorkloadCommands::Start(const Target& target, const std::string& method,
                             const std::string& request_id, Answer<Message> answer) {
  const auto edit = [](const EnvironmentRecord& environment, WorkloadRecord* record) {
    RETURN_IF_ERROR(MustExist(*record));
    record->wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
    ExpectStart(environment, api::STATE_STARTING, record);
    return absl::OkStatus();
  };
  EditRecord(target, method, request_id, edit, std::move(answer));
}

template <typename Message>
void WorkloadCommands::Stop(const Target& target, const std::string& method,
                            const std::string& request_id, Answer<Message> answer) {
  const auto edit = [](const EnvironmentRecord&, WorkloadRecord* record) {
    RETURN_IF_ERROR(MustExist(*record));
    record->wish.set_requested_state(api::REQUESTED_STATE_STOPPED);
    ExpectStop(record);
    return absl::OkStatus();
  };
  EditRecord(target, method, request_id, edit, std::move(answer));
}

template <typename Message>
void WorkloadCommands::Delete(const Target& target, const std::string& method,
                              const std::string& request_id, Answer<Message> answer) {
  const auto edit = [](const EnvironmentRecord&, WorkloadRecord* record) {
    if (!record->exists()) return absl::OkStatus();
    if (!record->being_deleted()) SetNow(record->wish.mutable_delete_time());
    SetState(record, api::STATE_STOPPING, "being deleted");
    return absl::OkStatus();
  };
  EditRecord(target, method, request_id, edit, std::move(answer));
}

void WorkloadCommands::CreateRuntime(absl::string_view name, const std::string& request_id,
                                     Answer<api::Runtime> answer) {
  Create(RuntimeTarget(name), "CreateRuntime", request_id, std::move(answer));
}
void WorkloadCommands::StartRuntime(absl::string_view name, const std::string& request_id,
                                    Answer<api::Runtime> answer) {
  Start(RuntimeTarget(name), "StartRuntime", request_id, std::move(answer));
}
void WorkloadCommands::StopRuntime(absl::string_view name, const std::string& request_id,
                                   Answer<api::Runtime> answer) {
  Stop(RuntimeTarget(name), "StopRuntime", request_id, std::move(answer));
}
void WorkloadCommands::DeleteRuntime(absl::string_view name, const std::string& request_id,
                                     Answer<api::Runtime> answer) {
  Delete(RuntimeTarget(name), "DeleteRuntime", request_id, std::move(answer));
}

void WorkloadCommands::CreateDatabase(absl::string_view engine, absl::string_view version,
                                      const std::string& request_id, Answer<api::Database> answer) {
  Create(DatabaseTarget(engine, version), "CreateDatabase", request_id, std::move(answer));
}
void WorkloadCommands::StartDatabase(absl::string_view engine, absl::string_view version,
                                     const std::string& request_id, Answer<api::Database> answer) {
  Start(DatabaseTarget(engine, version), "StartDatabase", request_id, std::move(answer));
}
void WorkloadCommands::StopDatabase(absl::string_view engine, absl::string_view version,
                                    const std::string& request_id, Answer<api::Database> answer) {
  Stop(DatabaseTarget(engine, version), "StopDatabase", request_id, std::move(answer));
}
void WorkloadCommands::DeleteDatabase(absl::string_view engine, absl::string_view version,
                                      const std::string& request_id, Answer<api::Database> answer) {
  Delete(DatabaseTarget(engine, version), "DeleteDatabase", request_id, std::move(answer));
}

}  // namespace mpd::containers
