// mpdctl status, up, down.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/ctl/commands/commands.h"
#include "gateway/ctl/commands/waiter.h"
#include "gateway/ctl/view/status_view.h"
#include "gateway/ctl/view/workload_view.h"
#include "mpd/containers/v1/containers.grpc.pb.h"
#include "mpd/gateway/v1/gateway.grpc.pb.h"

namespace mpd::gateway::ctl {
namespace {

namespace c = mpd::containers::v1;
using Service = c::ContainerManagerService;

// How long to wait by default. A database may take two minutes to shut down.
constexpr absl::Duration kPatience = absl::Seconds(150);
constexpr char kResolver[] = "service/dnsmasq";

bool IsAsRequested(const c::WorkloadStatus& status, bool up) {
  if (up) {
    return status.requested_state() != c::REQUESTED_STATE_RUNNING ||
           status.state() == c::STATE_RUNNING;
  }
  return status.state() == c::STATE_STOPPED || status.state() == c::STATE_MISSING;
}

// The environment decides in the end: it counts wanted workloads that are not listed yet.
bool EnvironmentAgrees(const App& app, Service::Stub* stub, bool up) {
  const auto context = app.Context(kPatience);
  c::Environment environment;
  if (!stub->GetEnvironment(context.get(), {}, &environment).ok()) return false;
  return !up || environment.workloads_running() >= environment.workloads_wanted();
}

// A failed workload does not end the wait for the others, except for the resolver, without which no
// other starts.
Verdict Judge(const Workloads& workloads, bool up, const FailureJudge& failure) {
  std::vector<std::string> awaited;
  std::vector<std::string> failed;
  for (const auto& [name, workload] : workloads) {
    const c::WorkloadStatus& status = StatusOf(workload);
    if (IsAsRequested(status, up)) continue;
    const std::string text =
        absl::StrCat(name, " is ", StateName(status.state()),
                     status.status_message().empty() ? "" : ": ", status.status_message());
    const bool has_failed = up && failure.Counts(status);
    if (has_failed && name == kResolver) return {Verdict::kFailed, text};
    (has_failed ? failed : awaited).push_back(text);
  }
  if (awaited.empty() && !failed.empty()) return {Verdict::kFailed, absl::StrJoin(failed, "; ")};
  if (awaited.empty()) return {Verdict::kReached, "not all wanted workloads run yet"};
  return {Verdict::kGoOn, absl::StrJoin(awaited, "; ")};
}

int ShowEnvironment(const App& app, const c::Environment& environment) {
  if (app.args().json) return app.PrintJson(environment);
  const Cell state = StateCell(environment.state());
  app.out() << "Environment " << Paint(state.text, state.color, app.terminal().color) << ", "
            << environment.workloads_running() << " of " << environment.workloads_wanted()
            << " wanted workloads run\n";
  return kOk;
}

grpc::Status StartOrStop(const App& app, Service::Stub* stub, bool up,
                         c::Environment* environment) {
  const auto context = app.Context(kPatience);
  if (up) {
    c::StartEnvironmentRequest request;
    request.set_request_id(NewRequestId());
    return stub->StartEnvironment(context.get(), request, environment);
  }
  c::StopEnvironmentRequest request;
  request.set_request_id(NewRequestId());
  return stub->StopEnvironment(context.get(), request, environment);
}

// Starts or stops everything, and waits until all workloads are as requested.
int ChangeEnvironment(const App& app, bool up) {
  const auto stub = Service::NewStub(app.channel());
  c::Environment environment;
  const grpc::Status status = StartOrStop(app, stub.get(), up, &environment);
  if (!status.ok()) return app.Fail(status);
  if (!app.args().wait) return ShowEnvironment(app, environment);

  const FailureJudge failure(environment.revision());
  Workloads workloads;
  const int code = WaitForWorkloads(
      app, kPatience, [](const std::string&) { return true; },
      [&](const Workloads& now) {
        Verdict verdict = Judge(now, up, failure);
        if (verdict.kind == Verdict::kReached && !EnvironmentAgrees(app, stub.get(), up)) {
          verdict.kind = Verdict::kGoOn;
        }
        return verdict;
      },
      &workloads);
  const auto last = app.Context(kPatience);
  if (!stub->GetEnvironment(last.get(), {}, &environment).ok()) return code;
  if (app.args().json) {
    const int printed = app.PrintJson(environment);
    return code == kOk ? printed : code;
  }
  std::vector<c::Workload> rows;
  for (const auto& [name, workload] : workloads) rows.push_back(workload);
  app.out() << WorkloadTable(rows).Render(app.terminal().color);
  ShowEnvironment(app, environment);
  return code;
}

}  // namespace

int RunUp(const App& app, const Words&) { return ChangeEnvironment(app, /*up=*/true); }
int RunDown(const App& app, const Words&) { return ChangeEnvironment(app, /*up=*/false); }

int RunStatus(const App& app, const Words&) {
  const auto stub = mpd::gateway::v1::GatewayService::NewStub(app.channel());
  const auto context = app.Context(absl::Seconds(10));
  mpd::gateway::v1::Status status;
  const grpc::Status result = stub->GetStatus(context.get(), {}, &status);
  if (!result.ok()) return app.Fail(result);
  const int code = AllHealthy(status) ? kOk : kFailed;
  if (app.args().json) {
    const int printed = app.PrintJson(status);
    return printed == kOk ? code : printed;
  }
  app.out() << RenderStatus(status, app.terminal().color);
  return code;
}

}  // namespace mpd::gateway::ctl
