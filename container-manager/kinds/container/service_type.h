// What the resolver and the other services have in common: they are services to the API. And who
// the resolver is, for the containers that ask it.
#ifndef MPD_CONTAINER_MANAGER_KINDS_CONTAINER_SERVICE_TYPE_H_
#define MPD_CONTAINER_MANAGER_KINDS_CONTAINER_SERVICE_TYPE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/config.h"
#include "common/types/names.h"
#include "container-manager/model/workload_store.h"
#include "container-manager/reconcile/workload_kind.h"
#include "mpd/containers/v1/containers.pb.h"

namespace mpd::containers {

inline constexpr char kServiceType[] = "service";
inline constexpr absl::Duration kServiceStopGrace = absl::Seconds(3);

// dnsmasq, the resolver of the zone: it starts before all others and stops after them.
WorkloadId DnsmasqId();

// One of `ids`. Errors: INVALID_ARGUMENT of the field `name`; NOT_FOUND.
absl::StatusOr<WorkloadId> ParseServiceName(absl::string_view name,
                                            const std::vector<WorkloadId>& ids);

// The configuration's services of these ids: those that it gives an address are wanted.
std::vector<Declaration> DeclaredServices(const Config& config, const std::vector<WorkloadId>& ids);

// Services in the API.
struct ServiceApi {
  using Resource = api::Service;
  static constexpr const char* kType = kServiceType;
  static constexpr char kNoun[] = "Service";  // of the methods' names: RestartService
  static absl::StatusOr<WorkloadRecord> Target(const WorkloadKinds& kinds, absl::string_view name);
  static api::Service View(const WorkloadRecord& record, const Zone& zone);
  static api::Service* Add(api::ListServicesResponse* list) { return list->add_services(); }
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_CONTAINER_SERVICE_TYPE_H_
