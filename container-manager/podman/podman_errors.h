#ifndef MPD_CONTAINER_MANAGER_PODMAN_PODMAN_ERRORS_H_
#define MPD_CONTAINER_MANAGER_PODMAN_PODMAN_ERRORS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mpd::containers {

class PodmanErrors {
 public:
  // No answer on the socket: refused, reset, or none in time.
  static absl::Status Unavailable(absl::string_view socket, absl::string_view what,
                                  absl::string_view problem);
  // An answer that is not what the API promises.
  static absl::Status Malformed(absl::string_view what, absl::string_view problem);
  // DEADLINE_EXCEEDED: nothing came for so long.
  static absl::Status Silent(absl::string_view what, absl::Duration silence);
  // A failure that Podman reports within an answer of success, as a pull does.
  static absl::Status Refused(absl::string_view what, absl::string_view problem);
  // An answer other than success; what it was about is in the metadata's "cause". `body` is
  // Podman's JSON, or whatever came in its place.
  static absl::Status FromHttp(absl::string_view what, int http_status, absl::string_view body);
};

// The id of the container that an error of Podman's names as the holder of an address ("requested
// ip address … is already allocated to container ID …"), or of a name ("… is already in use by …").
// Empty where the error is another.
std::string AddressHolder(const absl::Status& error);
std::string NameHolder(const absl::Status& error);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_PODMAN_PODMAN_ERRORS_H_
