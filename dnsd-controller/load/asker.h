// A client of the resolver that asks for one name again and again: what a user would see.
#ifndef MPD_DNSD_CONTROLLER_LOAD_ASKER_H_
#define MPD_DNSD_CONTROLLER_LOAD_ASKER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/types/net_types.h"

namespace mpd::dnsd {

// CLOCK_MONOTONIC, which other processes of this machine can compare with.
int64_t MonotonicNanos();

// UDP, port 53. Not thread-safe.
class Asker {
 public:
  explicit Asker(Ipv4Address resolver);
  ~Asker();
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  struct Sighting {
    int64_t nanos = 0;  // when the answer was in our hands
    std::string address;
    int64_t asked = 0;  // questions until then
    int64_t lost = 0;   // of them, without any answer
  };
  // Asks until there is an address. DEADLINE_EXCEEDED after `patience_nanos`.
  absl::StatusOr<Sighting> AwaitAddress(const std::string& name, int64_t patience_nanos);

  // One question: the address, or empty where the name does not exist or has none. UNAVAILABLE
  // where no answer came.
  absl::StatusOr<std::string> Ask(const std::string& name);

 private:
  const int socket_;
  uint16_t id_ = 0;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_LOAD_ASKER_H_
