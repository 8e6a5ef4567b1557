// A DNS resolver that can be asked.
#ifndef MPD_COMMON_DNS_DNS_CLIENT_H_
#define MPD_COMMON_DNS_DNS_CLIENT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"
#include "common/dns/dns_message.h"

namespace mpd {

class DnsClient {
 public:
  virtual ~DnsClient() = default;

  // One question, sent once. UNAVAILABLE (RESOLVER_SILENT) when no answer came in time;
  // INVALID_ARGUMENT when `name` can't be asked. On the loop's thread.
  virtual boost::asio::awaitable<absl::StatusOr<DnsResponse>> Ask(std::string name, uint16_t type,
                                                                  absl::Duration timeout) = 0;
  // "10.163.0.3:53"
  virtual std::string name() const = 0;
};

}  // namespace mpd

#endif  // MPD_COMMON_DNS_DNS_CLIENT_H_
