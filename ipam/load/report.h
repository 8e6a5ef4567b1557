// What the load program prints.
#ifndef MPD_IPAM_LOAD_REPORT_H_
#define MPD_IPAM_LOAD_REPORT_H_

#include "absl/strings/string_view.h"
#include "ipam/load/load.h"

namespace mpd::ipam {

// The last column is the time that the server's process spent on a processor, per call.
void PrintLoadHeader();
void PrintLoad(absl::string_view what, int callers, const LoadResult& result);

enum class Limit { kAtLeast, kAtMost };
// A figure beside its limit, and whether it keeps it.
void PrintLimit(absl::string_view what, double figure, Limit kind, double limit,
                absl::string_view unit = "");

}  // namespace mpd::ipam

#endif  // MPD_IPAM_LOAD_REPORT_H_
