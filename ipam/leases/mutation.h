// The interface of a change of leases, and the three changes that there are.
#ifndef MPD_IPAM_LEASES_MUTATION_H_
#define MPD_IPAM_LEASES_MUTATION_H_

#include <memory>
#include <utility>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/store/store.h"
#include "ipam/leases/clock.h"
#include "ipam/leases/lease.h"
#include "ipam/leases/lease_state.h"

namespace mpd::ipam {

using OutcomeCallback = absl::AnyInvocable<void(absl::StatusOr<Outcome>) &&>;

// Another change of this entry is under way; Decide is to be called again when it has ended.
struct Blocked {
  const LeaseEntry* entry = nullptr;
};

// Nothing has to change; the call can be replied to at once.
struct Unchanged {
  Outcome outcome;
};

// The transaction is to be committed. The outcome is the reply once it is durable; its revisions
// are 0 and have to be filled in then.
struct Change {
  LeaseEntry* entry = nullptr;
  StoreTransaction transaction;
  Outcome outcome;
};

using Decision = std::variant<absl::Status, Blocked, Unchanged, Change>;

// One call that changes a lease. Decide is called until it returns something other than Blocked.
// After a Change, exactly one of Apply and Undo is called. Until then the entry is pending, and the
// address and hostnames that the change takes are reserved: no other mutation can take them.
//
// Decide, Apply and Undo are called with the lock of the state held.
class Mutation {
 public:
  Mutation(RequestKey request, OutcomeCallback done)
      : request_(std::move(request)), done_(std::move(done)) {}
  virtual ~Mutation() = default;

  virtual Decision Decide(LeaseState* state, Moment now) = 0;
  // The transaction is durable at this revision: makes the change in the state.
  virtual void Apply(LeaseState* state, int64_t revision) = 0;
  // The transaction was not committed: gives back what Decide has reserved.
  virtual void Undo(LeaseState* state) = 0;
  virtual const std::string& owner() const = 0;

  const RequestKey& request() const { return request_; }
  // Ends the call with the callback. To be called once, without the lock of the state.
  void Reply(absl::StatusOr<Outcome> outcome) { std::move(done_)(std::move(outcome)); }

 private:
  const RequestKey request_;
  OutcomeCallback done_;
};

std::unique_ptr<Mutation> MakeAllocation(AllocateParams params, OutcomeCallback done);
std::unique_ptr<Mutation> MakeHostnameUpdate(UpdateParams params, OutcomeCallback done);
std::unique_ptr<Mutation> MakeRelease(ReleaseParams params, OutcomeCallback done);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_MUTATION_H_
