// Asks the running resolver, now and then, something that it has to forward: that the zone is
// answered says nothing about the names outside of it.
//
// The question is for the name servers of the root. Every network's resolver knows them, a closed
// network's too, no name of anybody's is given away, and dnsmasq keeps no answer of that type, so
// each question goes all the way. NOERROR and NXDOMAIN are answers; REFUSED (dnsmasq has no server
// that it may ask), SERVFAIL and silence are not.
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
  absl::Duration answer = absl::Seconds(2);  // what one question may take, out and back
  absl::Duration check = absl::Seconds(10);  // between questions while they are answered
  absl::Duration retry = absl::Seconds(1);   // and while they are not
};

// All on the loop's thread.
class ForwardingProber : public std::enable_shared_from_this<ForwardingProber> {
 public:
  // `on_change` is called when result() has changed.
  ForwardingProber(boost::asio::io_context* loop, std::shared_ptr<DnsClient> resolver,
                   ForwardingTimes times, std::function<void()> on_change);

  void Start();
  // No call comes after.
  void Stop();

  // Whether the resolver answers at all; while it does not, nothing is known here.
  void SetResolverAnswers(bool answers);
  // The servers have changed: asks at once.
  void AskNow() { wake_.Notify(); }

  const ProbeResult& result() const { return result_; }

 private:
  static boost::asio::awaitable<void> Run(std::shared_ptr<ForwardingProber> self);
  boost::asio::awaitable<void> Probe();
  // Why it is no answer; empty where it is one.
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
