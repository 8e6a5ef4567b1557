// mpdctl lease list, dns list, dns lookup, watch, logs.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/terminal_text.h"
#include "common/base/timestamps.h"
#include "gateway/ctl/commands/commands.h"
#include "gateway/ctl/view/workload_view.h"
#include "mpd/containers/v1/containers.grpc.pb.h"
#include "mpd/dnsd/v1/dnsd.grpc.pb.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd::gateway::ctl {
namespace {

namespace c = mpd::containers::v1;
namespace d = mpd::dnsd::v1;
namespace i = mpd::ipam::v1;

// Reads all pages of a listing into one response.
template <typename Stub, typename Request, typename Response>
grpc::Status ListAll(const App& app, Stub* stub,
                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     Response* all) {
  Request request;
  request.set_page_size(1000);
  do {
    Response page;
    const auto context = app.Context();
    const grpc::Status status = (stub->*method)(context.get(), request, &page);
    if (!status.ok()) return status;
    request.set_page_token(page.next_page_token());
    all->MergeFrom(page);
  } while (!request.page_token().empty());
  all->clear_next_page_token();
  return grpc::Status::OK;
}

void ShowEvent(const App& app, const c::WorkloadEvent& event) {
  const std::string now = absl::FormatTime("%H:%M:%E3S", absl::Now(), absl::LocalTimeZone());
  const std::string& name = event.workload().workload();
  if (event.type() == c::WorkloadEvent::TYPE_DELETE) {
    app.out() << absl::StreamFormat("%s  %-24s  gone\n", now, name);
    return;
  }
  const c::WorkloadStatus& status = StatusOf(event.workload());
  const Cell state = StateCell(status.state());
  app.out() << absl::StreamFormat(
      "%s  %-24s  %s%s%s\n", now, name, Paint(state.text, state.color, app.terminal().color),
      status.status_message().empty() ? "" : "  ", status.status_message());
}

// In a chain of aliases each one is an answer; its type tells it from the others.
std::string ShowAnswers(const d::LookupResponse& response) {
  if (response.answers().empty()) return "(none)";
  return absl::StrJoin(response.answers(), " ", [&](std::string* out, const d::Answer& answer) {
    if (answer.type() != response.type()) absl::StrAppend(out, answer.type(), " ");
    absl::StrAppend(out, answer.value());
  });
}

}  // namespace

int RunLeaseList(const App& app, const Words&) {
  const auto stub = i::IpamService::NewStub(app.channel());
  i::ListLeasesResponse all;
  const grpc::Status status = ListAll(app, stub.get(), &i::IpamService::Stub::ListLeases, &all);
  if (!status.ok()) return app.Fail(status);
  if (app.args().json) return app.PrintJson(all);
  Table table({"OWNER", "POOL", "ADDRESS", "HOSTNAMES"});
  for (const i::Lease& lease : all.leases()) {
    table.Add(
        {lease.owner(), lease.pool(), lease.address(), absl::StrJoin(lease.hostnames(), " ")});
  }
  app.out() << table.Render(app.terminal().color);
  return kOk;
}

int RunDnsList(const App& app, const Words&) {
  const auto stub = d::DnsdControllerService::NewStub(app.channel());
  d::ListRecordsResponse all;
  const grpc::Status status =
      ListAll(app, stub.get(), &d::DnsdControllerService::Stub::ListRecords, &all);
  if (!status.ok()) return app.Fail(status);
  if (app.args().json) return app.PrintJson(all);
  Table table({"NAME", "TYPE", "VALUE", "OWNER"});
  for (const d::Record& record : all.records()) {
    table.Add({record.name(), record.type(), record.value(), record.owner()});
  }
  app.out() << table.Render(app.terminal().color);
  return kOk;
}

int RunDnsLookup(const App& app, const Words& words) {
  const auto stub = d::DnsdControllerService::NewStub(app.channel());
  d::LookupRequest request;
  request.set_name(words[0]);
  if (words.size() > 1) request.set_type(words[1]);
  d::LookupResponse response;
  const auto context = app.Context(absl::Seconds(10));
  const grpc::Status status = stub->Lookup(context.get(), request, &response);
  if (!status.ok()) return app.Fail(status);
  const int code = response.rcode() == "NOERROR" ? kOk : kFailed;
  if (app.args().json) {
    const int printed = app.PrintJson(response);
    return printed == kOk ? code : printed;
  }
  const absl::Duration took = FromDurationProto(response.elapsed()).value_or(absl::ZeroDuration());
  Table table({"NAME", "TYPE", "RCODE", "ANSWER", "TIME"});
  table.Add({response.name(), response.type(),
             Cell(response.rcode(), code == kOk ? Color::kGreen : Color::kRed),
             ShowAnswers(response), absl::StrFormat("%.2f ms", absl::ToDoubleMilliseconds(took))});
  app.out() << table.Render(app.terminal().color);
  return code;
}

int RunWatch(const App& app, const Words&) {
  const auto stub = c::ContainerManagerService::NewStub(app.channel());
  const auto context = app.Context(absl::InfiniteDuration());
  const auto reader = stub->WatchWorkloads(context.get(), c::WatchWorkloadsRequest());
  c::WatchWorkloadsResponse response;
  while (reader->Read(&response)) {
    if (app.args().json) {
      if (const int code = app.PrintJson(response, /*one_line=*/true); code != kOk) return code;
      continue;
    }
    for (const c::WorkloadEvent& event : response.events()) ShowEvent(app, event);
    app.out().flush();
  }
  return app.Fail(reader->Finish());
}

int RunLogs(const App& app, const Words& words) {
  const auto stub = c::ContainerManagerService::NewStub(app.channel());
  c::StreamLogsRequest request;
  // A name without a kind is that of a runtime, whose logs are asked for most.
  request.set_workload(words[0].find('/') == std::string::npos ? absl::StrCat("runtime/", words[0])
                                                               : words[0]);
  request.set_follow(app.args().follow);
  if (app.args().tail) request.set_tail(*app.args().tail);
  const auto context =
      app.Context(app.args().follow ? absl::InfiniteDuration() : absl::Seconds(30));
  const auto reader = stub->StreamLogs(context.get(), request);
  TerminalText out_text, err_text;
  c::StreamLogsResponse response;
  while (reader->Read(&response)) {
    if (app.args().json) {
      if (const int code = app.PrintJson(response, /*one_line=*/true); code != kOk) return code;
      continue;
    }
    const bool is_error = response.stream() == c::StreamLogsResponse::STREAM_STDERR;
    const Terminal& terminal = app.terminal();
    std::ostream& out = is_error ? *terminal.err : *terminal.out;
    // A pipe or a file gets the bytes as they were.
    const bool is_terminal = is_error ? terminal.progress : terminal.screen;
    TerminalText& cleaner = is_error ? err_text : out_text;
    out << (is_terminal ? cleaner.Clean(response.data()) : response.data()) << std::flush;
  }
  const grpc::Status status = reader->Finish();
  return status.ok() ? kOk : app.Fail(status);
}

}  // namespace mpd::gateway::ctl
