// Questions to a server over the network, that tell whether it serves.
#ifndef MPD_COMMON_PROBE_PROBE_H_
#define MPD_COMMON_PROBE_PROBE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"

namespace mpd {

// On the loop's thread only. Errors: UNAVAILABLE with one sentence that says what was seen.
class ProbeInterface {
 public:
  virtual ~ProbeInterface() = default;
  // OK once the server at port 22 has sent its "SSH-" banner (RFC 4253 §4.2).
  virtual Awaitable<absl::Status> SshBanner(std::string address, absl::Duration timeout) = 0;
  // OK once a connection is accepted.
  virtual Awaitable<absl::Status> Accepts(std::string address, uint16_t port,
                                          absl::Duration timeout) = 0;
  // OK once a GET of "/" at port 80, as `host`, is answered with success or a redirection.
  virtual Awaitable<absl::Status> HttpAnswers(std::string address, std::string host,
                                              absl::Duration timeout) = 0;
};

}  // namespace mpd

#endif  // MPD_COMMON_PROBE_PROBE_H_
