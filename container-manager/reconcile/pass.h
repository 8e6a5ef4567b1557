// One go at bringing one workload from what it is to what is wanted.
#ifndef MPD_CONTAINER_MANAGER_RECONCILE_PASS_H_
#define MPD_CONTAINER_MANAGER_RECONCILE_PASS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"
#include "container-manager/reconcile/reconciler_deps.h"
#include "container-manager/reconcile/start_order.h"

namespace mpd::containers {

struct PassResult {
  PassOutcome outcome = PassOutcome::kSettled;
  absl::Status error;  // of kFailed
};

// Reads what is wanted and has the workload's kind bring it there. Used on the loop's thread only,
// held by a shared_ptr; at most one at a time per workload. May be cut off anywhere: the next pass
// completes what this one began.
class Pass : public std::enable_shared_from_this<Pass> {
 public:
  // `kind` is the workload's. `retry_note` is appended to the message of a failure: when it is
  // tried again.
  Pass(const ReconcilerDeps& deps, std::shared_ptr<BegunStarts> begun, WorkloadKind* kind,
       std::shared_ptr<PassContext> context, WorkloadId id, std::string retry_note);

  Awaitable<PassResult> Run();

  // What follows is for the kind.

  const WorkloadId& id() const { return id_; }
  // The workload as this pass knows it. What the kind changes in `observed` is stored with the next
  // report.
  const WorkloadRecord& record() const { return record_; }
  stored::Observed& observed() { return record_.observed; }
  // All workloads, as they were when the pass began or last waited for another.
  const WorkloadList& all() const { return all_; }
  const WorkloadKinds& kinds() const { return *deps_.kinds; }
  PassContext& context() { return *context_; }
  ContainerLife& life() { return context_->life(); }

  // Stores state and message, where they or anything in `observed` changed. Superseded() where the
  // wish has changed.
  Awaitable<absl::Status> Report(api::State state, std::string message = "");
  // The same without waiting for the store. The next report fails where this one did.
  void ReportNoWait(api::State state);
  // Stores `observed` as it is.
  Awaitable<absl::Status> WriteObserved();

  // Returns once what the workload depends on has come, which the status says meanwhile.
  Awaitable<absl::Status> AwaitDependencies();
  // Whether the workload's start has begun, for those that wait for that.
  void MarkStartBegun(bool begun);
  // StartOrder's, as of now.
  std::string WaitsToStop() const;
  absl::Duration TimeToStop() const;
  // Why it does not run although its own wish says so: the environment is stopped. Empty otherwise.
  std::string WhyDown() const;

  // The error of a pass whose wish has changed: ABORTED, with a payload that sets it apart from the
  // same code of a peer.
  static absl::Status Superseded();

 private:
  Awaitable<absl::StatusOr<PassOutcome>> Steps();
  Awaitable<absl::StatusOr<PassOutcome>> Delete();
  bool wanted() const;
  StartOrder order() const;
  // False where nothing in the record changes by it.
  bool SetAndCompare(api::State state, absl::string_view message);

  const ReconcilerDeps& deps_;
  const std::shared_ptr<BegunStarts> begun_;
  WorkloadKind* const kind_;
  const std::shared_ptr<PassContext> context_;
  const WorkloadId id_;
  const std::string retry_note_;
  WorkloadList all_;
  WorkloadRecord record_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_RECONCILE_PASS_H_
