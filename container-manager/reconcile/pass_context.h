// What a pass has of the loop that runs it.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_PASS_CONTEXT_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_PASS_CONTEXT_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/async/awaitable.h"
#include "container-manager/model/workload.h"

namespace mpd::containers {

// What tells by itself that a container is ready, from before its start on. On the loop's thread
// only; listening ends when it is destroyed.
class ReadySignal {
 public:
  virtual ~ReadySignal() = default;
  // Whether it came, now or within `patience`.
  virtual Awaitable<bool> Ready(absl::Duration patience) = 0;
  // Since it began to listen.
  virtual absl::Duration age() const = 0;
};

// What is known of a container since it was last started: empty where it does not run.
struct ContainerLife {
  std::string container_id;
  std::string started_at;
  // We are about to end it, so its end is no failure.
  bool end_expected = false;
  // We started it, and Podman's event of that is yet to come.
  bool start_expected = false;
  // Where we started it and its kind listens for one.
  std::shared_ptr<ReadySignal> ready_signal;
};

// A workload that another one needs. The other one starts only after this one has begun to start,
// or is RUNNING; this one stops only after the other.
struct Dependency {
  enum class Until { kStartBegun, kRunning };
  WorkloadId id;
  Until until = Until::kRunning;
};

// Which workloads are being started, or run: shared by all passes.
struct BegunStarts {
  std::set<WorkloadId> ids;
  std::function<void(const WorkloadId&)> on_begin;  // wakes those that depend on it
};

// On the loop's thread only.
class PassContext {
 public:
  virtual ~PassContext() = default;
  // The wish, or the environment's, has changed since the pass began: another pass follows, and
  // this one should end soon.
  virtual bool Stale() const = 0;
  // Whether something happened to the workload since this was last asked.
  virtual bool TakeNews() = 0;
  // Returns early when something happened to the workload, or when what Waker() gave is called,
  // which may be at any time.
  virtual Awaitable<void> Sleep(absl::Duration duration) = 0;
  virtual std::function<void()> Waker() = 0;
  // Returns early when something happened to a workload that this one depends on, or that depends
  // on it, too.
  virtual Awaitable<void> SleepForOthers(absl::Duration duration) = 0;
  // Kept from one pass to the next.
  virtual ContainerLife& life() = 0;
  // What the workload depends on, as the pass finds it.
  virtual void SetDependencies(std::vector<Dependency> dependencies) = 0;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_PASS_CONTEXT_H_
