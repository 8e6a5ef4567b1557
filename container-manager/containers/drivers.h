// The three drivers, which know each other, as one thing to make and to hand on.
#ifndef MPD_CONTAINER_MANAGER_CONTAINERS_DRIVERS_H_
#define MPD_CONTAINER_MANAGER_CONTAINERS_DRIVERS_H_

#include "container-manager/containers/container_driver.h"
#include "container-manager/containers/network_driver.h"
#include "container-manager/containers/volume_driver.h"

namespace mpd::containers {

struct Drivers {
  // All must outlive it.
  Drivers(boost::asio::io_context* loop, PodmanInterface* podman, HostBridges* bridges,
          OrphanCleaner* orphans)
      : network(loop, podman, bridges),
        containers(podman, orphans, &network),
        volumes(loop, podman, orphans, &containers) {}
  Drivers(const Drivers&) = delete;
  Drivers& operator=(const Drivers&) = delete;

  NetworkDriver network;
  ContainerDriver containers;
  VolumeDriver volumes;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_CONTAINERS_DRIVERS_H_
