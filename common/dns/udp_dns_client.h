// A resolver that is asked over UDP: a new port and a random id for each question, so that only the
// answer to it is taken for one (RFC 5452 §4).
#ifndef MPD_COMMON_DNS_UDP_DNS_CLIENT_H_
#define MPD_COMMON_DNS_UDP_DNS_CLIENT_H_

#include <cstdint>
#include <string>

#include "absl/random/random.h"
#include "common/async/awaitable.h"
#include "common/dns/dns_client.h"
#include "common/types/net_types.h"

namespace mpd {

class UdpDnsClient : public DnsClient {
 public:
  UdpDnsClient(Ipv4Address address, uint16_t port) : address_(address), port_(port) {}

  boost::asio::awaitable<absl::StatusOr<DnsResponse>> Ask(std::string name, uint16_t type,
                                                          absl::Duration timeout) override;
  std::string name() const override;

 private:
  const Ipv4Address address_;
  const uint16_t port_;
  absl::BitGen random_;
};

}  // namespace mpd

#endif  // MPD_COMMON_DNS_UDP_DNS_CLIENT_H_
