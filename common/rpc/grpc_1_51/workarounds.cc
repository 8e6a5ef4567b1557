#include "common/rpc/grpc_1_51/workarounds.h"

#include <grpcpp/grpcpp.h>

#include <atomic>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/logging.h"

namespace mpd {
namespace {

enum class Switch { kUndecided, kOn, kOff };

// Of the process, as gRPC's threads and its function that is replaced are.
std::atomic<Switch> workarounds{Switch::kUndecided};

bool AreFor(absl::string_view version) {
  return version == kGrpcWorkaroundsVersion ||
         absl::StartsWith(version, absl::StrCat(kGrpcWorkaroundsVersion, "."));
}

}  // namespace

bool GrpcWorkaroundsApply(absl::string_view version) {
  const bool on = AreFor(version);
  const Switch before = workarounds.exchange(on ? Switch::kOn : Switch::kOff);
  if (!on && before != Switch::kOff) {
    LOG_WARNING("GRPC_WORKAROUNDS_OFF",
                "This gRPC is not the one that our workarounds were made for; they are off. Idle "
                "daemons may take more of the processor, and longer to stop",
                {{"version", version}, {"made_for", kGrpcWorkaroundsVersion}});
  }
  return on;
}

bool GrpcWorkaroundsOn() {
  const Switch now = workarounds.load();
  if (now != Switch::kUndecided) return now == Switch::kOn;
  return GrpcWorkaroundsApply(grpc::Version());
}

}  // namespace mpd
