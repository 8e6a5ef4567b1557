// What a kind of workload is: the one interface between the reconciler and the kinds.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_KIND_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_KIND_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"
#include "common/types/names.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/reconcile/pass_context.h"

namespace mpd::containers::v1 {
class Workload;
}

namespace mpd::containers {

class Pass;

enum class PassOutcome {
  kSettled,     // as wanted; looked at again at the next event or resync
  kWaiting,     // for another workload or a peer; looked at again soon
  kFailed,      // tried again after a back-off
  kGone,        // deleted, or never was
  kSuperseded,  // the wish changed on the way; started over at once
};

enum class WakeReason {
  kWish,      // what is wanted changed: at once, whatever is under way
  kRecovery,  // what it needs is back or has changed: at once, a back-off included
  kObserved,  // something was seen to change: not before a back-off is over
  kOthers,  // a workload or peer that it may be waiting for changed: wakes it only while it waits,
            // and not during a back-off
};

// What a kind asks of the reconciler.
class WorkloadWaker {
 public:
  virtual ~WorkloadWaker() = default;
  // Has the workload looked at again. Nothing happens where it is not looked after.
  virtual void Wake(const WorkloadId& id, WakeReason reason) = 0;
  // The same for all of a type.
  virtual void WakeType(absl::string_view type, WakeReason reason) = 0;
  // The kind is about to end the workload's container: its end is no failure. False where the
  // workload is not looked after.
  virtual bool ExpectEnd(const WorkloadId& id) = 0;
  // The reconciler was stopped: the kind begins nothing new.
  virtual bool stopped() const = 0;
};

// A workload that is there by the configuration, without a call.
struct Declaration {
  WorkloadId id;
  std::string image;
  bool wanted = true;  // false: it is deleted where there is one
};

// One object serves all workloads of its kind. Used on the loop's thread only, but for type(),
// ParseName, Complete and View, which are thread-safe.
class WorkloadKind {
 public:
  virtual ~WorkloadKind() = default;

  // The first part of the key, of the container's name, the label mpd.type: "runtime". Two kinds
  // may have the same type; ParseName then says whose a name is.
  virtual absl::string_view type() const = 0;
  // The only way from a name that comes from outside to an id. Errors: INVALID_ARGUMENT of the
  // field `name`; NOT_FOUND where the kind has fixed names and this is none of them.
  virtual absl::StatusOr<WorkloadId> ParseName(absl::string_view name) const = 0;
  // What must come before it.
  virtual std::vector<Dependency> DependsOn(const WorkloadRecord& record) const = 0;
  // Whether each of its workloads has a lease of ipam's, with names that the resolver must know.
  virtual bool IsLeased() const { return false; }
  // How long one gets to end by itself.
  virtual absl::Duration StopGrace() const = 0;

  // Brings a workload to what is wanted. All three may be cut off anywhere, and are then called
  // again. They report on the way, answer kSettled or kWaiting, and end soon with
  // Pass::Superseded() when the pass is stale.
  virtual Awaitable<absl::StatusOr<PassOutcome>> Up(Pass& pass) = 0;
  virtual Awaitable<absl::StatusOr<PassOutcome>> Down(Pass& pass) = 0;
  // Nothing but the records is left afterwards.
  virtual Awaitable<absl::Status> Delete(Pass& pass) = 0;

  virtual std::vector<Declaration> Declared() const { return {}; }
  // Begins to follow what changes its workloads beside wishes and Podman. Called once; must not
  // keep the waker alive.
  virtual void Follow(std::weak_ptr<WorkloadWaker> waker) { (void)waker; }
  // Podman told of a change of the container of one of its workloads.
  virtual void OnContainerEvent() {}

  // Puts into a new wish what the configuration says.
  virtual void Complete(const WorkloadId& id, stored::Wish* wish) const {
    (void)id;
    (void)wish;
  }
  // The workload as the API shows it; its key is filled in already.
  virtual void View(const WorkloadRecord& record, const Zone& zone, api::Workload* view) const = 0;
};

// The kinds, in the order in which people think of them: what others depend on comes first.
class WorkloadKinds {
 public:
  void Add(std::unique_ptr<WorkloadKind> kind) { kinds_.push_back(std::move(kind)); }

  const std::vector<std::unique_ptr<WorkloadKind>>& all() const { return kinds_; }
  // nullptr where none is responsible: a later version may have stored such a workload.
  WorkloadKind* Find(const WorkloadId& id) const;
  // Errors: those of the kinds of this type; NOT_FOUND (WORKLOAD_NOT_FOUND) where there is none.
  absl::StatusOr<WorkloadId> ParseName(absl::string_view type, absl::string_view name) const;
  // From "<type>/<name>". Errors are INVALID_ARGUMENT of the field `workload`, or NOT_FOUND.
  absl::StatusOr<WorkloadId> ParseKey(absl::string_view key) const;

 private:
  std::vector<std::unique_ptr<WorkloadKind>> kinds_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_WORKLOAD_KIND_H_
