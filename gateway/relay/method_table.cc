#include "gateway/relay/method_table.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace mpd::gateway {
namespace {

using enum Backend;
using enum Grant;
using enum Repeat;

#define IPAM(name) "/mpd.ipam.v1.IpamService/" name
#define DNSD(name) "/mpd.dnsd.v1.DnsdControllerService/" name
#define CONTAINERS(name) "/mpd.containers.v1.ContainerManagerService/" name

// Leases may be changed only locally: container-manager changes them for the workloads that hold
// them, and a lease that is released from a laptop by hand would break a running container.
constexpr MethodRule kRules[] = {
    {IPAM("AllocateAddress"), kIpam, kLocalOnly, kSafe},
    {IPAM("UpdateLease"), kIpam, kLocalOnly, kUnsafe},
    {IPAM("ReleaseLease"), kIpam, kLocalOnly, kSafe},
    {IPAM("GetLease"), kIpam, kEveryone, kSafe},
    {IPAM("ListLeases"), kIpam, kEveryone, kSafe},
    {IPAM("WatchLeases"), kIpam, kEveryone, kSafe},
    {IPAM("ListPools"), kIpam, kEveryone, kSafe},

    {DNSD("GetStatus"), kDnsdController, kEveryone, kSafe},
    {DNSD("WaitForRevision"), kDnsdController, kEveryone, kSafe},
    {DNSD("ListRecords"), kDnsdController, kEveryone, kSafe},
    {DNSD("Lookup"), kDnsdController, kEveryone, kSafe},
    {DNSD("WatchStatus"), kDnsdController, kEveryone, kSafe},

    {CONTAINERS("StartEnvironment"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("StopEnvironment"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("GetEnvironment"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("ListServices"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("RestartService"), kContainerManager, kEveryone, kUnsafe},
    {CONTAINERS("CreateRuntime"), kContainerManager, kEveryone, kUnsafe},
    {CONTAINERS("GetRuntime"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("ListRuntimes"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("StartRuntime"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("StopRuntime"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("DeleteRuntime"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("CreateDatabase"), kContainerManager, kEveryone, kUnsafe},
    {CONTAINERS("GetDatabase"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("ListDatabases"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("StartDatabase"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("StopDatabase"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("DeleteDatabase"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("CreateProject"), kContainerManager, kEveryone, kUnsafe},
    {CONTAINERS("GetProject"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("ListProjects"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("StartProject"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("StopProject"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("DeleteProject"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("CreateBackup"), kContainerManager, kEveryone, kUnsafe},
    {CONTAINERS("GetBackup"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("ListBackups"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("RestoreBackup"), kContainerManager, kEveryone, kUnsafe},
    {CONTAINERS("DeleteBackup"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("WatchWorkloads"), kContainerManager, kEveryone, kSafe},
    {CONTAINERS("StreamLogs"), kContainerManager, kEveryone, kSafe},
};

#undef IPAM
#undef DNSD
#undef CONTAINERS

}  // namespace

absl::string_view ComponentName(Backend backend) {
  switch (backend) {
    case kIpam:
      return "ipam";
    case kDnsdController:
      return "dnsd-controller";
    case kContainerManager:
      return "container-manager";
    case kCa:
      return "ca";
  }
  return "";
}

const MethodRule* FindMethod(absl::string_view method) {
  static const auto* const kIndex = [] {
    auto* map = new absl::flat_hash_map<absl::string_view, const MethodRule*>();
    for (const MethodRule& rule : kRules) map->emplace(rule.method, &rule);
    return map;
  }();
  const auto found = kIndex->find(method);
  return found == kIndex->end() ? nullptr : found->second;
}

bool IsGranted(const MethodRule& rule, Caller caller) {
  return rule.grant == kEveryone || caller == Caller::kLocal;
}

absl::Span<const MethodRule> AllMethods() { return kRules; }

std::vector<std::string> RelayedServices() {
  std::vector<std::string> services;
  for (const MethodRule& rule : kRules) {
    std::string service(rule.method.substr(1, rule.method.rfind('/') - 1));
    if (std::find(services.begin(), services.end(), service) == services.end()) {
      services.push_back(std::move(service));
    }
  }
  return services;
}

}  // namespace mpd::gateway
