// Waiting until a container that runs can be used.
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_READINESS_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_READINESS_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "container-manager/kinds/container/container_deps.h"
#include "container-manager/kinds/container/container_recipe.h"
#include "container-manager/reconcile/pass.h"

namespace mpd::containers {

// OK where the container did not end by itself since it was last seen to run; otherwise why it
// ended. One that was removed is logged and OK: it is recreated. Forgets the life that has ended.
Awaitable<absl::Status> CheckEnd(const ContainerDeps& deps, Pass& pass,
                                 std::optional<ContainerInfo> container);

// Asks the recipe again and again, while it looks after the container's end and the wish. On the
// loop's thread only, held by a shared_ptr: an answer may come after the pass.
class Readiness : public std::enable_shared_from_this<Readiness> {
 public:
  // `container` runs. Deps and recipe must outlive the loop's last run.
  Readiness(const ContainerDeps& deps, const ContainerRecipe& recipe, std::shared_ptr<Pass> pass,
            ContainerInfo container);

  // Reports RUNNING and returns kSettled once it is usable; returns kWaiting where only a new lease
  // can have its names resolve. Errors: DEADLINE_EXCEEDED (NOT_READY)
  // after deps.ready_timeout; FAILED_PRECONDITION (CONTAINER_EXITED); ABORTED once the pass is
  // stale.
  Awaitable<absl::StatusOr<PassOutcome>> Await();

 private:
  // Puts the container's life into record and context.
  Awaitable<absl::Status> NoteLife();
  // What is wrong, or nothing. An error: why the answer is not waited for any longer.
  Awaitable<absl::StatusOr<std::string>> Probe();
  // The recipe's answer: it is usable, and its names resolve.
  Awaitable<absl::Status> Ask();
  // Only its names are missing, and the resolver follows another store of ipam's than the one that
  // they are leased in.
  bool NeedsNewLease() const;
  // The container runs, started when it was; otherwise the pass starts over, or fails with what
  // the container printed.
  Awaitable<absl::Status> CheckRuns();
  Awaitable<absl::Status> ReportRunning();

  const ContainerDeps& deps_;
  const ContainerRecipe& recipe_;
  const std::shared_ptr<Pass> pass_;
  const ContainerInfo container_;
  const bool was_running_;
  // How long one probe waits for what a server sends first.
  absl::Duration patience_;
  // What was last asked is whether its names resolve.
  bool asks_for_names_ = false;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_READINESS_H_
