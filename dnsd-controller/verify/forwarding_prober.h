// Checks periodically that the running resolver forwards names outside the zone to an upstream
// server that answers. That the zone itself is answered does not show this.
//
// It asks for the NS records of the root. Every network's resolver can answer that, also in a
// closed network; the question reveals no name that somebody uses; and dnsmasq does not cache NS
// records, so each question reaches the upstream server. NOERROR and NXDOMAIN count as answered;
// REFUSED (dnsmasq has no server that it may ask), SERVFAIL and silence do not.
#ifndef MPD_DNSD_CONTROLLER_VERIFY_FORWARDING_PROBER_H_
#define MPD_DNSD_CONTROLLER_VERIFY_FORWARDING_PROBER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/async/async_event.h"
#include "common/async/awaitable.h"
#include "common/dns/dns_client.h"
#include "dnsd-controller/verify/probe_result.h"

namespace mpd::dnsd {

struct ForwardingTimes {
  absl::Duration answer = absl::Seconds(2);  // how long to wait for one answer
  absl::Duration check = absl::Seconds(10);  // between questions while they are answered
  absl::Duration retry = absl::Seconds(1);   // between questions while they are not
};

// All calls are made, and all callbacks come, on the loop's thread.
class ForwardingProber : public std::enable_shared_from_this<ForwardingProber> {
 public:
  // `on_change` is called when result() has changed.
  ForwardingProber(boost::asio::io_context* loop, std::shared_ptr<DnsClient> resolver,
                   ForwardingTimes times, std::function<void()> on_change);

  void Start();
  // `on_change` is not called after this.
  void Stop();

  // Tells whether the resolver answers at all. While it does not, nothing is asked and the result
  // is unknown.
  void SetResolverAnswers(bool answers);
  // Asks at once instead of at the next interval; to be called when the upstream servers have
  // changed.
  void AskNow() { wake_.Notify(); }

  const ProbeResult& result() const { return result_; }

 private:
  static boost::asio::awaitable<void> Run(std::shared_ptr<ForwardingProber> self);
  boost::asio::awaitable<void> Probe();
  // Asks once. Returns why that was not answered, or an empty string when it was.
  boost::asio::awaitable<std::string> Ask();

  boost::asio::io_context* const loop_;
  const std::shared_ptr<DnsClient> resolver_;
  const ForwardingTimes times_;
  std::function<void()> on_change_;
  AsyncEvent wake_;
  ProbeResult result_;
  bool resolver_answers_ = false;
  bool stopped_ = false;
};

}  // namespace mpd::dnsd

#endif  // MPD_DNSD_CONTROLLER_VERIFY_FORWARDING_PROBER_H_
