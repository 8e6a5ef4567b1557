#include "ipam/load/report.h"

#include <cstdio>
#include <string>

namespace mpd::ipam {

void PrintLoadHeader() {
  std::printf("%-28s %7s %9s %9s %9s %11s\n", "", "callers", "calls/s", "p50 us", "p99 us",
              "server's us");
}

void PrintLoad(absl::string_view what, int callers, const LoadResult& result) {
  std::printf("%-28s %7d %9.0f %9.0f %9.0f", std::string(what).c_str(), callers, result.PerSecond(),
              absl::ToDoubleMicroseconds(result.Quantile(0.5)),
              absl::ToDoubleMicroseconds(result.Quantile(0.99)));
  if (result.server_cpu > absl::ZeroDuration()) {
    std::printf(" %11.1f", absl::ToDoubleMicroseconds(result.server_cpu) /
                               static_cast<double>(result.latencies.size()));
  }
  if (result.failed > 0) std::printf("  %lld calls failed", static_cast<long long>(result.failed));
  std::printf("\n");
}

void PrintLimit(absl::string_view what, double figure, Limit kind, double limit,
                absl::string_view unit) {
  const bool at_least = kind == Limit::kAtLeast;
  const bool kept = at_least ? figure >= limit : figure <= limit;
  std::printf("%-58s %9.2f%s  (%s %.2f%s: %s)\n", std::string(what).c_str(), figure,
              std::string(unit).c_str(), at_least ? "at least" : "at most", limit,
              std::string(unit).c_str(), kept ? "kept" : "MISSED");
}

}  // namespace mpd::ipam
