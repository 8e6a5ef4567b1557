// A DNS resolver that can be asked.
#ifndef MPD_DNSD_CONTROLLER_RESOLVER_INTERFACE_H_
#define MPD_DNSD_CONTROLLER_RESOLVER_INTERFACE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/awaitable.h"
#include "dnsd-controller/dns_message.h"

namespace mpd::dnsd {

class ResolverInterface {
 public:
  virtual ~ResolverInterface() = default;

  // One question, sent once. UNAVAILABLE (RESOLVER_SILENT) when no answer came in time;
  // INVALID_ARGUMENT when `name` can't be asked. On the loop's thread.
  virtual boost::asio::awaitable<absl::StatusOr<DnsResponse>> Ask(std::string name, uint16_t type,
                                                                  absl::Duration timeout) = 0;
  // "10.163.0.3:53"
  virtual std::string name() const = 0;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_RESOLVER_INTERFACE_H_
