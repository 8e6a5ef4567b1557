// Prints the tables of the load program.
#ifndef MPD_IPAM_LOAD_REPORT_H_
#define MPD_IPAM_LOAD_REPORT_H_

#include "absl/strings/string_view.h"
#include "ipam/load/load.h"

namespace mpd::ipam {

// The last column is the processor time of the server's process per call.
void PrintLoadHeader();
void PrintLoad(absl::string_view what, int callers, const LoadResult& result);

enum class Limit { kAtLeast, kAtMost };
// Prints a figure, its limit, and whether it is within the limit.
void PrintLimit(absl::string_view what, double figure, Limit kind, double limit,
                absl::string_view unit = "");

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_REPORT_H_
