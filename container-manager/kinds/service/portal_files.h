// What the portal's web server serves: as whom, and the page.
#ifndef MPD_CONTAINER_MANAGER_KINDS_SERVICE_PORTAL_FILES_H_
#define MPD_CONTAINER_MANAGER_KINDS_SERVICE_PORTAL_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/config.h"

namespace mpd::containers {

// The servers, in nginx's language, for its block `http`: the page for the zone and the portal's
// own name, and adminer behind its name. Where no pool fixes an address for adminer, its name
// answers 404.
std::string PortalServers(const Config& config);

// The page. `vm_hostname` may be any text.
std::string PortalPage(const Config& config, absl::string_view vm_hostname);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_KINDS_SERVICE_PORTAL_FILES_H_
