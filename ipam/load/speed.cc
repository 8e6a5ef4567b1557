#include <cstdio>
#include <iterator>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "ipam/load/disk.h"
#include "ipam/load/measurements.h"
#include "ipam/load/report.h"

namespace mpd::ipam {
namespace {

constexpr int kCallers[] = {1, 16, 64};
constexpr int kMany = std::size(kCallers) - 1;

struct Row {
  std::string name;
  RunningServer server;
  StartCall call;
  int64_t next_number = 0;
  LoadResult results[std::size(kCallers)] = {};

  LoadResult Run(int callers, absl::Duration duration) {
    const absl::Duration cpu_before = server.process->CpuTime();
    LoadResult result = RunLoad(call, callers, duration, next_number);
    result.server_cpu = server.process->CpuTime() - cpu_before;
    next_number += static_cast<int64_t>(result.latencies.size());
    return result;
  }
  double PerSecond() const { return results[kMany].PerSecond(); }
  // Microseconds with one caller.
  double Median() const { return absl::ToDoubleMicroseconds(results[0].Quantile(0.5)); }
};

// Measures all servers in each round, so that other load on the machine affects them alike.
void RunRounds(const LoadOptions& options, std::vector<Row>& rows) {
  // A first run that is not counted creates connections, threads and the log's file.
  for (Row& row : rows) row.Run(kCallers[kMany], options.duration / 4);
  PrintLoadHeader();
  for (size_t i = 0; i < std::size(kCallers); ++i) {
    for (int round = 0; round < options.rounds; ++round) {
      for (Row& row : rows) row.results[i].Merge(row.Run(kCallers[i], options.duration));
    }
    for (const Row& row : rows) PrintLoad(row.name, kCallers[i], row.results[i]);
  }
}

absl::StatusOr<std::vector<Row>> StartAll(const LoadOptions& options) {
  std::vector<Row> rows(2);
  ASSIGN_OR_RETURN(RunningServer echo, StartEcho(options.programs, options.folder));
  rows[0].name = "echo";
  rows[0].call = AllocateCall(echo.channel);
  rows[0].server = std::move(echo);
  ASSIGN_OR_RETURN(RunningServer ipam, StartIpam(options.programs, options.folder + "/ours"));
  rows[1].name = "AllocateAddress";
  rows[1].call = AllocateCall(ipam.channel);
  rows[1].server = std::move(ipam);
  absl::StatusOr<RunningServer> etcd = StartEtcd(options.programs, options.folder + "/etcd");
  if (etcd.ok()) {
    Row& row = rows.emplace_back();
    row.name = "etcd Put";
    row.call = PutCall(etcd->channel);
    row.server = *std::move(etcd);
  } else {
    std::printf("etcd is left out: %s\n", std::string(etcd.status().message()).c_str());
  }
  return rows;
}

void PrintWithRequestId(const LoadOptions& options, Row& ours) {
  ours.call = AllocateCall(ours.server.channel, /*with_request_id=*/true);
  const LoadResult result = ours.Run(kCallers[kMany], options.duration);
  PrintLoad("AllocateAddress, request_id", kCallers[kMany], result);
}

void PrintHostLocal(const LoadOptions& options) {
  for (const int callers : {1, kCallers[kMany]}) {
    const auto result =
        MeasureHostLocal(options.host_local, options.folder, callers, options.duration);
    if (!result.ok()) {
      std::printf("host-local is left out: %s\n", result.status().ToString().c_str());
      return;
    }
    PrintLoad("CNI host-local ADD", callers, result->add);
    PrintLoad("CNI host-local DEL", callers, result->del);
  }
}

}  // namespace

absl::Status MeasureSpeed(const LoadOptions& options) {
  LoadResult sync;
  ASSIGN_OR_RETURN(std::vector<Row> rows, StartAll(options));
  for (int round = 0; round < options.rounds; ++round) {
    ASSIGN_OR_RETURN(const LoadResult part, MeasureSync(options.folder, options.duration));
    sync.Merge(part);
  }
  RunRounds(options, rows);
  PrintWithRequestId(options, rows[1]);
  PrintLoad("fdatasync of 4 KiB", 1, sync);
  PrintHostLocal(options);

  std::printf("\n");
  const Row& echo = rows[0];
  const Row& ours = rows[1];
  PrintLimit("AllocateAddress / echo, calls per second, 64 callers",
             ours.PerSecond() / echo.PerSecond(), Limit::kAtLeast, 0.45);
  const double sync_median = absl::ToDoubleMicroseconds(sync.Quantile(0.5));
  PrintLimit("AllocateAddress / (echo + fdatasync), p50, 1 caller",
             ours.Median() / (echo.Median() + sync_median), Limit::kAtMost, 2);
  if (rows.size() < 3) return absl::OkStatus();
  const Row& etcd = rows[2];
  PrintLimit("AllocateAddress / etcd Put, calls per second, 64 callers",
             ours.PerSecond() / etcd.PerSecond(), Limit::kAtLeast, 1.5);
  PrintLimit("AllocateAddress / etcd Put, p50, 1 caller", ours.Median() / etcd.Median(),
             Limit::kAtMost, 1);
  return absl::OkStatus();
}

}  // namespace mpd::ipam
