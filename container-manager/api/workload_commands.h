// The calls that change what is wanted: validated, stored, answered; nothing here waits for Podman.
#ifndef MPD_CONTAINER_MANAGER_API_WORKLOAD_COMMANDS_H_
#define MPD_CONTAINER_MANAGER_API_WORKLOAD_COMMANDS_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/async/loop_mailbox.h"
#include "common/types/names.h"
#include "container-manager/model/workload_errors.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/reconcile/workload_kind.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::containers {

template <typename Message>
using Reply = absl::AnyInvocable<void(absl::StatusOr<Message>)>;

// Thread-safe. Replies come on a thread of the store's, or on the caller's before the call returns;
// they must not block. `request_id` may be empty; repeating one gives the first success again.
//
// `Api` is what a kind brings for its resource in the API (kinds/runtime/runtime_api.h). `target`
// is what the call is about, as a wish that has not been stored yet, or why the request is refused.
class WorkloadCommands {
 public:
  using Target = absl::StatusOr<WorkloadRecord>;

  // All must outlive it, and the store's last answer. `loop` is where a change that met another
  // is tried again.
  WorkloadCommands(boost::asio::io_context* loop, WorkloadStore* store, const WorkloadKinds* kinds,
                   const Zone* zone)
      : mailbox_(loop), store_(store), kinds_(kinds), zone_(zone) {}

  void StartEnvironment(const std::string& request_id, Reply<api::Environment> reply);
  void StopEnvironment(const std::string& request_id, Reply<api::Environment> reply);

  template <typename Api>
  void Create(Target target, const std::string& request_id, Reply<typename Api::Resource> reply) {
    Change<Api>("Create", std::move(target), request_id, CreateEdit(), std::move(reply));
  }
  template <typename Api>
  void Start(Target target, const std::string& request_id, Reply<typename Api::Resource> reply) {
    Change<Api>("Start", std::move(target), request_id, StartEdit(), std::move(reply));
  }
  template <typename Api>
  void Stop(Target target, const std::string& request_id, Reply<typename Api::Resource> reply) {
    Change<Api>("Stop", std::move(target), request_id, StopEdit(), std::move(reply));
  }
  template <typename Api>
  void Restart(Target target, const std::string& request_id, Reply<typename Api::Resource> reply) {
    Change<Api>("Restart", std::move(target), request_id, RestartEdit(), std::move(reply));
  }
  template <typename Api>
  void Delete(Target target, const std::string& request_id, Reply<typename Api::Resource> reply) {
    Change<Api>("Delete", std::move(target), request_id, DeleteEdit(), std::move(reply));
  }

 private:
  struct Attempt;
  // What a call writes, and what it answers: the message's bytes, without the revision, which is
  // known only once it is stored.
  struct Outcome {
    StoreTransaction transaction;
    std::string response;
  };
  // Called once, with the response's bytes and the revision at which it was stored.
  using Done = std::function<void(absl::StatusOr<std::string> response, int64_t revision)>;
  using View = std::function<std::string(const WorkloadRecord&)>;
  // Changes the record as the call asks, or refuses. May be called several times.
  using Edit = std::function<absl::Status(const EnvironmentRecord&, WorkloadRecord*)>;

  Edit CreateEdit() const;
  static Edit StartEdit();
  static Edit StopEdit();
  static Edit RestartEdit();
  static Edit DeleteEdit();

  template <typename Api>
  void Change(const char* verb, Target target, const std::string& request_id, Edit edit,
              Reply<typename Api::Resource> reply) {
    const View view = [zone = zone_](const WorkloadRecord& record) {
      return Api::View(record, *zone).SerializeAsString();
    };
    ChangeRecord(absl::StrCat(verb, Api::kNoun), std::move(target), request_id, std::move(edit),
                 view, Deliver<typename Api::Resource>(std::move(reply)));
  }

  static void SetRevision(api::Environment* message, int64_t revision) {
    message->set_revision(revision);
  }
  template <typename Resource>
  static void SetRevision(Resource* resource, int64_t revision) {
    resource->mutable_status()->set_revision(revision);
  }

  // std::function wants what it holds to be copyable.
  template <typename Message>
  static Done Deliver(Reply<Message> reply) {
    auto shared = std::make_shared<Reply<Message>>(std::move(reply));
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

  void SetEnvironment(api::RequestedState requested, const std::string& method,
                      const std::string& request_id, Reply<api::Environment> reply);
  absl::StatusOr<Outcome> EnvironmentOutcome(api::RequestedState requested) const;
  void ChangeRecord(const std::string& method, Target target, const std::string& request_id,
                    Edit edit, View view, Done done);
  absl::StatusOr<Outcome> RecordOutcome(const WorkloadRecord& target, const Edit& edit,
                                        const View& view) const;
  // Whether the attempt's request_id was answered before; it is then answered so again.
  bool AnswerRepeated(const Attempt& attempt) const;
  void Try(Attempt attempt);
  void Commit(Attempt attempt, Outcome outcome);

  LoopMailbox mailbox_;
  WorkloadStore* const store_;
  const WorkloadKinds* const kinds_;
  const Zone* const zone_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_API_WORKLOAD_COMMANDS_H_
