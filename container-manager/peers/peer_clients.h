// mpd-ipam and mpd-dnsd-controller, over gRPC.
#ifndef MPD_CONTAINER_MANAGER_PEERS_PEER_CLIENTS_H_
#define MPD_CONTAINER_MANAGER_PEERS_PEER_CLIENTS_H_

#include <memory>
#include <string>

#include "container-manager/peers/peers.h"

namespace boost::asio {
class io_context;
}

namespace mpd::containers {

// The sockets need not be there yet.
std::unique_ptr<LeaseInterface> MakeLeaseClient(const std::string& ipam_socket);
// `loop` must outlive it; made and destroyed on its thread, or while it does not run.
std::unique_ptr<ResolverInterface> MakeResolverClient(boost::asio::io_context* loop,
                                                      const std::string& dnsd_socket);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_PEERS_PEER_CLIENTS_H_
