// The allow-list of the relay: every method that it passes on, to which backend, and for whom.
#ifndef MPD_GATEWAY_RELAY_METHOD_TABLE_H_
#define MPD_GATEWAY_RELAY_METHOD_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace mpd::gateway {

// The values are indexes of arrays.
enum class Backend { kIpam, kDnsdController, kContainerManager, kCa };
inline constexpr int kBackendCount = 4;

// The component's name as in its socket and unit: "ipam", "dnsd-controller", "container-manager",
// "ca". Nothing is relayed to the last one.
absl::string_view ComponentName(Backend backend);

enum class Caller {
  kLocal,     // a process of this machine, on the Unix socket
  kEnrolled,  // a laptop with a client certificate
};

enum class Grant {
  kLocalOnly,
  kEveryone,  // local and enrolled callers
};

// Whether a call may be made although an earlier attempt may have been carried out. This decides
// what happens to it while the backend restarts.
enum class Repeat {
  kSafe,    // the call waits for the backend
  kUnsafe,  // the call fails at once, and the caller decides
};

struct MethodRule {
  absl::string_view method;  // "/mpd.ipam.v1.IpamService/GetLease"
  Backend backend;
  Grant grant;
  Repeat repeat;
};

// nullptr when the method is not in the table.
const MethodRule* FindMethod(absl::string_view method);

bool IsGranted(const MethodRule& rule, Caller caller);

absl::Span<const MethodRule> AllMethods();

// The full names of the services in the table.
std::vector<std::string> RelayedServices();

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_METHOD_TABLE_H_
