#include "gateway/ctl/commands/waiter.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/ctl/view/workload_view.h"
#include "mpd/containers/v1/containers.grpc.pb.h"

namespace mpd::gateway::ctl {
namespace {

namespace v1 = mpd::containers::v1;

constexpr absl::Duration kOldFailurePatience = absl::Seconds(5);
// The pause between two attempts to watch while container-manager restarts.
constexpr absl::Duration kPause = absl::Milliseconds(200);

class Progress {
 public:
  Progress(const App& app, const std::function<bool(const std::string&)>& shown)
      : app_(app), shown_(shown) {}

  void Show(const v1::Workload& workload) {
    if (!app_.terminal().progress || !shown_(workload.workload())) return;
    const v1::WorkloadStatus& status = StatusOf(workload);
    const std::string text =
        absl::StrCat(StateName(status.state()), status.status_message().empty() ? "" : "  ",
                     status.status_message());
    std::string& last = last_[workload.workload()];
    if (last == text) return;
    last = text;
    Line(workload.workload(), text);
  }
  void ShowGone(const std::string& workload) {
    if (app_.terminal().progress && shown_(workload)) Line(workload, "gone");
  }

 private:
  void Line(const std::string& workload, const std::string& text) {
    const double seconds = absl::ToDoubleSeconds(absl::Now() - app_.start());
    *app_.terminal().err << absl::StreamFormat("%6.1f s  %-20s  %s\n", seconds, workload, text);
  }
  const App& app_;
  const std::function<bool(const std::string&)>& shown_;
  std::map<std::string, std::string> last_;
};

void Apply(const v1::WatchWorkloadsResponse& response, Workloads* workloads, Progress* progress) {
  for (const v1::WorkloadEvent& event : response.events()) {
    const std::string& name = event.workload().workload();
    if (event.type() == v1::WorkloadEvent::TYPE_DELETE) {
      if (workloads->erase(name) > 0) progress->ShowGone(name);
    } else {
      (*workloads)[name] = event.workload();
      progress->Show(event.workload());
    }
  }
}

// Whether a new watch may be started after this error.
bool MayFollowAgain(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::CANCELLED:
      return true;
    default:
      return false;
  }
}

}  // namespace

int WaitForWorkloads(const App& app, absl::Duration default_timeout,
                     const std::function<bool(const std::string&)>& shown,
                     const std::function<Verdict(const Workloads&)>& judge, Workloads* workloads) {
  const auto stub = v1::ContainerManagerService::NewStub(app.channel());
  Progress progress(app, shown);
  Verdict verdict;
  while (true) {
    const auto context = app.Context(default_timeout);
    context->set_wait_for_ready(true);
    const auto reader = stub->WatchWorkloads(context.get(), v1::WatchWorkloadsRequest());
    workloads->clear();
    bool synced = false;
    v1::WatchWorkloadsResponse response;
    while (reader->Read(&response)) {
      Apply(response, workloads, &progress);
      synced = synced || response.synced();
      if (!synced) continue;
      verdict = judge(*workloads);
      if (verdict.kind == Verdict::kReached) return kOk;
      if (verdict.kind == Verdict::kFailed) return app.Fail(kFailed, verdict.message);
    }
    const grpc::Status status = reader->Finish();
    if (app.Deadline(default_timeout) <= absl::Now() + kPause) {
      return app.Fail(kTimeout, absl::StrCat("Not done in time: ", verdict.message),
                      "mpdctl status; mpdctl watch");
    }
    if (!MayFollowAgain(status)) return app.Fail(status);
    absl::SleepFor(kPause);
  }
}

bool FailureJudge::Counts(const v1::WorkloadStatus& status) const {
  return status.state() == v1::STATE_FAILED &&
         (status.revision() > since_ || absl::Now() - start_ > kOldFailurePatience);
}

}  // namespace mpd::gateway::ctl
