// Asks containers over TCP.
#ifndef MPD_COMMON_PROBE_TCP_PROBES_H_
#define MPD_COMMON_PROBE_TCP_PROBES_H_

#include <cstdint>
#include <string>

#include "common/probe/probe.h"

namespace boost::asio {
class io_context;
}

namespace mpd {

// Used on the loop's thread only; `loop` must outlive it.
class TcpProbe : public ProbeInterface {
 public:
  explicit TcpProbe(boost::asio::io_context* loop, uint16_t ssh_port = 22, uint16_t http_port = 80)
      : loop_(loop), ssh_port_(ssh_port), http_port_(http_port) {}

  Awaitable<absl::Status> SshBanner(std::string address, absl::Duration timeout) override;
  Awaitable<absl::Status> Accepts(std::string address, uint16_t port,
                                  absl::Duration timeout) override;
  Awaitable<absl::Status> HttpAnswers(std::string address, std::string host,
                                      absl::Duration timeout) override;

 private:
  boost::asio::io_context* const loop_;
  const uint16_t ssh_port_;
  const uint16_t http_port_;
};

}  // namespace mpd

#endif  // MPD_COMMON_PROBE_TCP_PROBES_H_
