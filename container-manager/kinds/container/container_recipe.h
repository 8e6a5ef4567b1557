// What a kind with a container says of its own.
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_CONTAINER_RECIPE_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_CONTAINER_RECIPE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"
#include "container-manager/podman/podman_interface.h"
#include "container-manager/reconcile/pass.h"

namespace mpd::containers {

// The input of CheckUsable.
struct UsableQuestion {
  WorkloadRecord record;
  ContainerInfo container;
  // It was seen to be usable before, and has not been started since.
  bool was_running = false;
  // How long to wait for what a server sends first.
  absl::Duration patience;
  std::shared_ptr<ReadySignal> ready_signal;  // what BeforeStart gave, where we started it
};

// The hooks of ContainerWorkload, which says in which order they come. On the loop's thread only.
class ContainerRecipe {
 public:
  virtual ~ContainerRecipe() = default;

  // The pool of its lease, and the names that are leased with it, relative to the zone. Its files
  // are in a folder called as the pool.
  virtual std::string Pool() const = 0;
  virtual std::vector<std::string> Hostnames(const WorkloadRecord& record) const;
  // Whether its container asks the zone's resolver: it then has the resolver's address and starts
  // after it.
  virtual bool AsksResolver() const { return true; }

  // Why its container cannot be made or started just now; empty where nothing is in the way.
  virtual std::string Blocker(const Pass& pass, const std::optional<ContainerInfo>& found) const;
  // The name of the image; the wish's, where the kind does not choose.
  virtual Awaitable<absl::StatusOr<std::string>> Image(Pass& pass) const;
  // Whether a newer build of the image is for the next start only: somebody works in what runs.
  virtual bool KeepsBuild(const WorkloadRecord& record, const ContainerInfo& running,
                          const std::string& image) const;
  // Fills in what is the kind's own, and writes the files of `folder`, which is there, that the
  // container sees. `found` is the container as it is.
  virtual absl::Status FillSpec(Pass& pass, const std::optional<ContainerInfo>& found,
                                const std::string& folder, ContainerSpec* spec) const = 0;
  // Before a container is made.
  virtual Awaitable<absl::Status> BeforeCreate(Pass& pass) const;
  // Before a start. The result is kept until the container ends; nullptr where the kind has none.
  virtual std::shared_ptr<ReadySignal> BeforeStart(const std::string& folder,
                                                   std::function<void()> waker) const;
  // OK once the container's server can be used; UNAVAILABLE with a sentence before.
  virtual Awaitable<absl::Status> CheckUsable(UsableQuestion question) const = 0;
  // OK once the workload's names resolve.
  virtual Awaitable<absl::Status> CheckNames(WorkloadRecord record, bool was_running) const = 0;
  // After the container is removed, and before the lease is: what else goes with a deletion.
  virtual Awaitable<absl::Status> AfterRemove(Pass& pass) const;
  // The command that shows why a container runs and is not usable.
  virtual std::string DiagnosisCommand(const WorkloadId& id) const;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_CONTAINER_RECIPE_H_
