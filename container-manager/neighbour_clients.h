// mpd-ipam and mpd-dnsd-controller, over gRPC.
#ifndef MPD_CONTAINER_MANAGER_NEIGHBOUR_CLIENTS_H_
#define MPD_CONTAINER_MANAGER_NEIGHBOUR_CLIENTS_H_

#include <memory>
#include <string>

#include "container-manager/neighbours.h"

namespace mpd::containers {

// The sockets need not be there yet.
std::unique_ptr<LeaseInterface> MakeLeaseClient(const std::string& ipam_socket);
std::unique_ptr<ResolverInterface> MakeResolverClient(const std::string& dnsd_socket);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_NEIGHBOUR_CLIENTS_H_
