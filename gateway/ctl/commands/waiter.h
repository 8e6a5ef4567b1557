// Waits until workloads are in the state that a command asked for.
#ifndef MPD_GATEWAY_CTL_COMMANDS_WAITER_H_
#define MPD_GATEWAY_CTL_COMMANDS_WAITER_H_

#include <functional>
#include <map>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/ctl/commands/app.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::gateway::ctl {

// By their full name, such as "runtime/php".
using Workloads = std::map<std::string, mpd::containers::v1::Workload>;

struct Verdict {
  enum Kind { kGoOn, kReached, kFailed };
  Kind kind = kGoOn;
  // What is still being waited for, or why it failed.
  std::string message;
};

// Watches all workloads until `judge` returns something other than kGoOn or the time is over, and
// prints a progress line for each change of a workload that `shown` accepts. Goes on when the
// gateway or container-manager restarts. Prints an error, returns the exit code, and sets
// `workloads` to the last state.
int WaitForWorkloads(const App& app, absl::Duration default_timeout,
                     const std::function<bool(const std::string& workload)>& shown,
                     const std::function<Verdict(const Workloads&)>& judge, Workloads* workloads);

// Tells whether a failed workload has failed because of this command. It has when the failure is
// newer than the revision `since`, or when it has lasted for 5 s since this object was created.
class FailureJudge {
 public:
  explicit FailureJudge(int64_t since) : since_(since), start_(absl::Now()) {}
  bool Counts(const mpd::containers::v1::WorkloadStatus& status) const;

 private:
  const int64_t since_;
  const absl::Time start_;
};

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_COMMANDS_WAITER_H_
