// Waiting until workloads are as they should be.
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

// By name.
using Workloads = std::map<std::string, mpd::containers::v1::Workload>;

struct Verdict {
  enum Kind { kGoOn, kReached, kFailed };
  Kind kind = kGoOn;
  // What is still awaited, or why it failed.
  std::string message;
};

// Follows all workloads until `judge` is satisfied or gives up, and shows changes of those that
// `shown` accepts as progress lines. Survives restarts of gateway and container-manager. The result
// is an exit code, whose message is printed; `workloads` is how they are then.
int WaitForWorkloads(const App& app, absl::Duration default_timeout,
                     const std::function<bool(const std::string& workload)>& shown,
                     const std::function<Verdict(const Workloads&)>& judge, Workloads* workloads);

// Tells failures of now from those of before the command: a failure counts once its revision is
// newer than `since`, or once it has stayed for a few seconds of this object's life.
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
