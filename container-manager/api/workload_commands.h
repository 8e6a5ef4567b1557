// The calls that change what is wanted: validated, stored, answered; nothing here waits for Podman.
#ifndef MPD_CONTAINER_MANAGER_API_WORKLOAD_COMMANDS_H_
#define MPD_CONTAINER_MANAGER_API_WORKLOAD_COMMANDS_H_

#include <functional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/config.h"
#include "container-manager/model/workload_store.h"
#include "mpd/containers/v1/containers.pb.h"

namespace boost::asio {
class io_context;
}

namespace mpd::containers {

template <typename Message>
using Answer = absl::AnyInvocable<void(absl::StatusOr<Message>)>;

// Thread-safe. Answers come on a thread of the store's, or on the caller's before the call returns;
// they must not block. `request_id` may be empty; repeating one gives the first success again.
class WorkloadCommands {
 public:
  // All must outlive it, and the store's last answer. `loop` is where a change that met another
  // is tried again.
  WorkloadCommands(boost::asio::io_context* loop, WorkloadStore* store, const Config* config)
      : loop_(loop), store_(store), config_(config) {}

  void StartEnvironment(const std::string& request_id, Answer<api::Environment> answer);
  void StopEnvironment(const std::string& request_id, Answer<api::Environment> answer);
  void RestartService(absl::string_view name, const std::string& request_id,
                      Answer<api::Service> answer);

  void CreateRuntime(absl::string_view name, const std::string& request_id,
                     Answer<api::Runtime> answer);
  void StartRuntime(absl::string_view name, const std::string& request_id,
                    Answer<api::Runtime> answer);
  void StopRuntime(absl::string_view name, const std::string& request_id,
                   Answer<api::Runtime> answer);
  void DeleteRuntime(absl::string_view name, const std::string& request_id,
                     Answer<api::Runtime> answer);

  void CreateDatabase(absl::string_view engine, absl::string_view version,
                      const std::string& request_id, Answer<api::Database> answer);
  void StartDatabase(absl::string_view engine, absl::string_view version,
                     const std::string& request_id, Answer<api::Database> answer);
  void StopDatabase(absl::string_view engine, absl::string_view version,
                    const std::string& request_id, Answer<api::Database> answer);
  void DeleteDatabase(absl::string_view engine, absl::string_view version,
                      const std::string& request_id, Answer<api::Database> answer);

 private:
  struct Change;  // what a call writes, and what it answers
  struct Attempt;
  // What a call is about, as a wish that has not been stored yet: for a database with its engine
  // and version.
  using Target = absl::StatusOr<WorkloadRecord>;

  using Edit = std::function<absl::Status(const EnvironmentRecord&, WorkloadRecord*)>;

  void SetEnvironment(api::RequestedState requested, const std::string& method,
                      const std::string& request_id, Answer<api::Environment> answer);
  static Target RuntimeTarget(absl::string_view name);
  static Target DatabaseTarget(absl::string_view engine, absl::string_view version);

  template <typename Message>
  void Create(const Target& target, const std::string& method, const std::string& request_id,
              Answer<Message> answer);
  template <typename Message>
  void Start(const Target& target, const std::string& method, const std::string& request_id,
             Answer<Message> answer);
  template <typename Message>
  void Stop(const Target& target, const std::string& method, const std::string& request_id,
            Answer<Message> answer);
  template <typename Message>
  void Delete(const Target& target, const std::string& method, const std::string& request_id,
              Answer<Message> answer);
  template <typename Message>
  void EditRecord(const Target& target, const std::string& method, const std::string& request_id,
                  Edit edit, Answer<Message> answer);
  absl::StatusOr<Change> ChangeRecord(const WorkloadRecord& target, const Edit& edit) const;
  void Try(Attempt attempt);

  boost::asio::io_context* const loop_;
  WorkloadStore* const store_;
  const Config* const config_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_API_WORKLOAD_COMMANDS_H_
