// The allow-list: every method that the gateway knows, who answers it, and who may call it.
#ifndef MPD_GATEWAY_RELAY_METHOD_TABLE_H_
#define MPD_GATEWAY_RELAY_METHOD_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace mpd::gateway {

// Values index arrays.
enum class Backend { kIpam, kDnsdController, kContainerManager };
inline constexpr int kBackendCount = 3;

// The component's name as in socket and unit: "ipam", "dnsd-controller", "container-manager".
absl::string_view ComponentName(Backend backend);

enum class Caller {
  kLocal,     // on the Unix socket
  kEnrolled,  // a laptop with a client certificate
};

enum class Grant {
  kLocalOnly,
  kEveryone,  // local and enrolled
};

// What may be done with a call while the backend restarts.
enum class Repeat {
  kSafe,    // it waits for the backend
  kUnsafe,  // it fails at once: the caller decides
};

struct MethodRule {
  absl::string_view method;  // "/mpd.ipam.v1.IpamService/GetLease"
  Backend backend;
  Grant grant;
  Repeat repeat;
};

// nullptr where the method is not in the table.
const MethodRule* FindMethod(absl::string_view method);

bool IsGranted(const MethodRule& rule, Caller caller);

absl::Span<const MethodRule> AllMethods();

// The full names of the services in the table.
std::vector<std::string> RelayedServices();

}  // namespace mpd::gateway

#endif  // MPD_GATEWAY_RELAY_METHOD_TABLE_H_
