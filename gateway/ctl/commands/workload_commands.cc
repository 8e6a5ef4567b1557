// mpdctl runtime and db.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/grpc_status.h"
#include "gateway/ctl/commands/commands.h"
#include "gateway/ctl/commands/waiter.h"
#include "gateway/ctl/view/workload_view.h"
#include "mpd/containers/v1/containers.grpc.pb.h"

namespace mpd::gateway::ctl {
namespace {

namespace v1 = mpd::containers::v1;
using Service = v1::ContainerManagerService;

// How long to wait by default. An image may have to be built, and a runtime boots a whole system.
constexpr absl::Duration kPatience = absl::Seconds(120);
constexpr absl::Duration kRestartPatience = absl::Seconds(5);
constexpr absl::Duration kRestartPause = absl::Milliseconds(100);

enum class Goal { kRunning, kStopped, kGone };

void Fill(const Words& words, v1::Runtime*, auto* request) { request->set_name(words[0]); }
void Fill(const Words& words, v1::Database*, auto* request) {
  request->set_engine(words[0]);
  request->set_version(words[1]);
}

Verdict Judge(Goal goal, const std::string& name, const FailureJudge& failure,
              const Workloads& workloads) {
  const auto found = workloads.find(name);
  if (found == workloads.end()) {
    if (goal == Goal::kGone) return {Verdict::kReached, ""};
    return {Verdict::kFailed, absl::StrCat(name, " was deleted meanwhile")};
  }
  const v1::WorkloadStatus& status = StatusOf(found->second);
  const std::string message =
      absl::StrCat(name, " is ", StateName(status.state()),
                   status.status_message().empty() ? "" : ": ", status.status_message());
  const bool reached = (goal == Goal::kRunning && status.state() == v1::STATE_RUNNING) ||
                       (goal == Goal::kStopped && (status.state() == v1::STATE_STOPPED ||
                                                   status.state() == v1::STATE_MISSING));
  if (reached) return {Verdict::kReached, ""};
  return {failure.Counts(status) ? Verdict::kFailed : Verdict::kGoOn, message};
}

int Show(const App& app, const v1::Workload& workload) {
  if (app.args().json) return app.PrintJson(workload);
  app.out() << WorkloadTable({workload}).Render(app.terminal().color);
  return kOk;
}

bool EnvironmentIsStopped(const App& app, Service::Stub* stub) {
  const auto context = app.Context();
  v1::Environment environment;
  return stub->GetEnvironment(context.get(), {}, &environment).ok() &&
         environment.requested_state() == v1::REQUESTED_STATE_STOPPED;
}

int WaitAndShow(const App& app, Goal goal, const v1::Workload& workload) {
  const std::string& name = workload.workload();
  const FailureJudge failure(StatusOf(workload).revision());
  Workloads workloads;
  const int code = WaitForWorkloads(
      app, kPatience, [&](const std::string& other) { return other == name; },
      [&](const Workloads& now) { return Judge(goal, name, failure, now); }, &workloads);
  if (code != kOk && code != kFailed) return code;
  const auto found = workloads.find(name);
  if (found != workloads.end()) {
    Show(app, found->second);
  } else if (code == kOk && app.args().json) {
    return app.PrintJson(workload);
  } else if (code == kOk) {
    app.out() << name << " is deleted\n";
  }
  return code;
}

// Repeats the call while a component restarts. Because of its request_id it is carried out once.
template <typename Call>
grpc::Status RepeatWhileRestarting(Call call) {
  const absl::Time until = absl::Now() + kRestartPatience;
  while (true) {
    grpc::Status status = call();
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE || absl::Now() >= until ||
        ErrorReason(FromGrpcStatus(status)) != "BACKEND_UNAVAILABLE") {
      return status;
    }
    absl::SleepFor(kRestartPause);
  }
}

// Makes one call that changes a workload, and waits until the workload is as requested.
template <typename Resource, typename Request>
int Change(const App& app, const Words& words, Goal goal,
           grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Resource*)) {
  const auto stub = Service::NewStub(app.channel());
  Request request;
  Resource resource;
  Fill(words, &resource, &request);
  request.set_request_id(NewRequestId());
  const grpc::Status status = RepeatWhileRestarting([&] {
    const auto context = app.Context();
    return (stub.get()->*method)(context.get(), request, &resource);
  });
  if (!status.ok()) return app.Fail(status);
  const v1::Workload workload = ToWorkload(resource);
  if (!app.args().wait) return Show(app, workload);
  if (goal == Goal::kRunning && EnvironmentIsStopped(app, stub.get())) {
    *app.terminal().err << "The environment is stopped: " << workload.workload()
                        << " starts with it.\n  next: mpdctl up\n";
    return Show(app, workload);
  }
  return WaitAndShow(app, goal, workload);
}

template <typename Request, typename Response, typename Resources>
int List(const App& app,
         grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
         const Resources& resources) {
  const auto stub = Service::NewStub(app.channel());
  Request request;
  request.set_page_size(1000);
  Response all;
  do {
    Response page;
    const auto context = app.Context();
    const grpc::Status status = (stub.get()->*method)(context.get(), request, &page);
    if (!status.ok()) return app.Fail(status);
    request.set_page_token(page.next_page_token());
    all.MergeFrom(page);
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  if (app.args().json) return app.PrintJson(all);
  std::vector<v1::Workload> workloads;
  for (const auto& resource : resources(all)) workloads.push_back(ToWorkload(resource));
  app.out() << WorkloadTable(workloads).Render(app.terminal().color);
  return kOk;
}

template <typename Resource, typename Request>
int Get(const App& app, const Words& words,
        grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Resource*)) {
  const auto stub = Service::NewStub(app.channel());
  Request request;
  Resource resource;
  Fill(words, &resource, &request);
  const auto context = app.Context();
  const grpc::Status status = (stub.get()->*method)(context.get(), request, &resource);
  if (!status.ok()) return app.Fail(status);
  return Show(app, ToWorkload(resource));
}

}  // namespace

int RunRuntimeCreate(const App& app, const Words& words) {
  return Change(app, words, Goal::kRunning, &Service::Stub::CreateRuntime);
}
int RunRuntimeStart(const App& app, const Words& words) {
  return Change(app, words, Goal::kRunning, &Service::Stub::StartRuntime);
}
int RunRuntimeStop(const App& app, const Words& words) {
  return Change(app, words, Goal::kStopped, &Service::Stub::StopRuntime);
}
int RunRuntimeDelete(const App& app, const Words& words) {
  return Change(app, words, Goal::kGone, &Service::Stub::DeleteRuntime);
}
int RunRuntimeList(const App& app, const Words& words) {
  if (!words.empty()) return Get(app, words, &Service::Stub::GetRuntime);
  return List(app, &Service::Stub::ListRuntimes,
              [](const v1::ListRuntimesResponse& all) { return all.runtimes(); });
}

int RunDbCreate(const App& app, const Words& words) {
  return Change(app, words, Goal::kRunning, &Service::Stub::CreateDatabase);
}
int RunDbStart(const App& app, const Words& words) {
  return Change(app, words, Goal::kRunning, &Service::Stub::StartDatabase);
}
int RunDbStop(const App& app, const Words& words) {
  return Change(app, words, Goal::kStopped, &Service::Stub::StopDatabase);
}
int RunDbDelete(const App& app, const Words& words) {
  return Change(app, words, Goal::kGone, &Service::Stub::DeleteDatabase);
}
int RunDbList(const App& app, const Words& words) {
  if (!words.empty()) return Get(app, words, &Service::Stub::GetDatabase);
  return List(app, &Service::Stub::ListDatabases,
              [](const v1::ListDatabasesResponse& all) { return all.databases(); });
}

}  // namespace mpd::gateway::ctl
