// Whether this process works around what is wrong in gRPC 1.51. Every workaround in this folder
// asks here, and does nothing on a gRPC that it was not made for: what was a cure there may be harm
// here, and what each of them saves can be done without (the header of each says what happens
// then).
#ifndef MPD_COMMON_RPC_GRPC_1_51_WORKAROUNDS_H_
#define MPD_COMMON_RPC_GRPC_1_51_WORKAROUNDS_H_

#include "absl/strings/string_view.h"

namespace mpd {

// The minor version that they were made for and are tested with; its patches (1.51.1) count too.
inline constexpr absl::string_view kGrpcWorkaroundsVersion = "1.51";

// Switches the workarounds on where `version`, such as "1.51.1", is one that they were made for,
// and off otherwise; when that switches them off, logs one warning (GRPC_WORKAROUNDS_OFF) with both
// versions. Returns whether they are on. Not needed as a rule: GrpcWorkaroundsOn does it with the
// version of the library that is loaded, the first time. Thread-safe.
bool GrpcWorkaroundsApply(absl::string_view version);

// Thread-safe.
bool GrpcWorkaroundsOn();

}  // namespace mpd

#endif  // MPD_COMMON_RPC_GRPC_1_51_WORKAROUNDS_H_
