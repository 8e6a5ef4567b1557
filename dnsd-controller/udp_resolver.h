// A resolver that is asked over UDP: a new port and a random id for each question, so that only the
// answer to it is taken for one (RFC 5452 §4).
#ifndef MPD_DNSD_CONTROLLER_UDP_RESOLVER_H_
#define MPD_DNSD_CONTROLLER_UDP_RESOLVER_H_

#include <cstdint>
#include <string>

#include "absl/random/random.h"
#include "common/awaitable.h"
#include "common/net_types.h"
#include "dnsd-controller/resolver_interface.h"

namespace mpd::dnsd {

class UdpResolver : public ResolverInterface {
 public:
  UdpResolver(Ipv4Address address, uint16_t port) : address_(address), port_(port) {}

  boost::asio::awaitable<absl::StatusOr<DnsResponse>> Ask(std::string name, uint16_t type,
                                                          absl::Duration timeout) override;
  std::string name() const override;

 private:
  const Ipv4Address address_;
  const uint16_t port_;
  absl::BitGen random_;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_UDP_RESOLVER_H_
