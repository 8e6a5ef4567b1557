// A DNS client that asks the resolver for one name repeatedly, to measure when a user would see it.
#ifndef MPD_DNSD_CONTROLLER_LOAD_ASKER_H_
#define MPD_DNSD_CONTROLLER_LOAD_ASKER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/types/net_types.h"

namespace mpd::dnsd {

// The time of CLOCK_MONOTONIC, which all processes of this machine share.
int64_t MonotonicNanos();

// Asks over UDP, port 53. Not thread-safe.
class Asker {
 public:
  explicit Asker(Ipv4Address resolver);
  ~Asker();
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  struct Sighting {
    int64_t nanos = 0;  // when the answer was received, as MonotonicNanos
    std::string address;
    int64_t asked = 0;  // the number of questions until then
    int64_t lost = 0;   // how many of them got no answer at all
  };
  // Asks until the name has an address. DEADLINE_EXCEEDED after `patience_nanos`.
  absl::StatusOr<Sighting> AwaitAddress(const std::string& name, int64_t patience_nanos);

  // Asks once. Returns the address, or an empty string when the name has none or does not exist;
  // UNAVAILABLE when no answer came within 20 ms.
  absl::StatusOr<std::string> Ask(const std::string& name);

 private:
  const int socket_;
  uint16_t id_ = 0;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_LOAD_ASKER_H_
