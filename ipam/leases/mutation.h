// A change of leases, from the decision to the answer.
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

// Another change of this entry is under way: decide again when it is done.
struct Blocked {
  const LeaseEntry* entry = nullptr;
};

// The answer is known, and nothing changes.
struct Unchanged {
  Outcome outcome;
};

// To be committed; the answer has revision 0 until then.
struct Change {
  LeaseEntry* entry = nullptr;
  StoreTransaction transaction;
  Outcome outcome;
};

using Decision = std::variant<absl::Status, Blocked, Unchanged, Change>;

// One call. Decide may be called again until it has answered Change; then exactly one of Apply and
// Undo follows. Between them the entry is pending, and what the change takes (address, hostnames)
// is reserved: no other decision can take it. All with the state's lock held.
class Mutation {
 public:
  Mutation(RequestKey request, OutcomeCallback done)
      : request_(std::move(request)), done_(std::move(done)) {}
  virtual ~Mutation() = default;

  virtual Decision Decide(LeaseState* state, Moment now) = 0;
  // The transaction is durable, at this revision.
  virtual void Apply(LeaseState* state, int64_t revision) = 0;
  virtual void Undo(LeaseState* state) = 0;
  virtual const std::string& owner() const = 0;

  const RequestKey& request() const { return request_; }
  // Ends the call. Once; without the lock.
  void Answer(absl::StatusOr<Outcome> outcome) { std::move(done_)(std::move(outcome)); }

 private:
  const RequestKey request_;
  OutcomeCallback done_;
};

std::unique_ptr<Mutation> MakeAllocation(AllocateParams params, OutcomeCallback done);
std::unique_ptr<Mutation> MakeHostnameUpdate(UpdateParams params, OutcomeCallback done);
std::unique_ptr<Mutation> MakeRelease(ReleaseParams params, OutcomeCallback done);

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LEASES_MUTATION_H_
