#include "ipam/load/report.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace mpd::ipam {

void PrintLoadHeader() {
  std::printf("%-30s %7s %10s %10s %10s\n", "", "callers", "calls/s", "p50 us", "p99 us");
}

void PrintLoad(absl::string_view what, int callers, const LoadResult& result) {
  const std::string failed =
      result.failed == 0 ? "" : absl::StrCat("  ", result.failed, " calls failed");
  std::printf("%-30s %7d %10.0f %10.0f %10.0f%s\n", std::string(what).c_str(), callers,
              result.PerSecond(), absl::ToDoubleMicroseconds(result.Quantile(0.5)),
              absl::ToDoubleMicroseconds(result.Quantile(0.99)), failed.c_str());
  std::fflush(stdout);
}

void PrintLimit(absl::string_view what, double figure, Limit kind, double limit,
                absl::string_view unit) {
  const bool at_least = kind == Limit::kAtLeast;
  const bool kept = at_least ? figure >= limit : figure <= limit;
  std::printf("%-58s %9.2f%s  (%s %.2f%s: %s)\n", std::string(what).c_str(), figure,
              std::string(unit).c_str(), at_least ? "at least" : "at most", limit,
              std::string(unit).c_str(), kept ? "kept" : "MISSED");
  std::fflush(stdout);
}

}  // namespace mpd::ipam
