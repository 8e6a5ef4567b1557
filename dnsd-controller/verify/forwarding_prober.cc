#include "dnsd-controller/verify/forwarding_prober.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/logging.h"

namespace mpd::dnsd {
namespace {

namespace asio = boost::asio;

constexpr char kRoot[] = ".";
// A single lost datagram must not be reported as a failure.
constexpr int kAttempts = 2;

}  // namespace

ForwardingProber::ForwardingProber(asio::io_context* loop, std::shared_ptr<DnsClient> resolver,
                                   ForwardingTimes times, std::function<void()> on_change)
    : loop_(loop),
      resolver_(std::move(resolver)),
      times_(times),
      on_change_(std::move(on_change)),
      wake_(loop) {}

void ForwardingProber::Start() { asio::co_spawn(*loop_, Run(shared_from_this()), asio::detached); }

void ForwardingProber::Stop() {
  stopped_ = true;
  on_change_ = nullptr;
  wake_.Notify();
}

void ForwardingProber::SetResolverAnswers(bool answers) {
  if (std::exchange(resolver_answers_, answers) == answers) return;
  if (!answers) result_.Clear();
  wake_.Notify();
}

asio::awaitable<void> ForwardingProber::Run(std::shared_ptr<ForwardingProber> self) {
  while (!self->stopped_) {
    if (self->resolver_answers_) co_await self->Probe();
    const bool failing = self->resolver_answers_ && !self->result_.answered();
    co_await self->wake_.WaitFor(failing ? self->times_.retry : self->times_.check);
  }
}

asio::awaitable<void> ForwardingProber::Probe() {
  std::string error = "not asked";
  for (int attempt = 0; attempt < kAttempts && !error.empty() && resolver_answers_; ++attempt) {
    error = co_await Ask();
  }
  // A resolver that is down was found so by the ResolverProber; the result here stays unknown.
  if (!resolver_answers_ || stopped_) co_return;
  const bool was_answered = result_.answered();
  const bool was_known = result_.known();
  if (!result_.Set(error, absl::Now())) co_return;
  if (!error.empty()) {
    LOG_WARNING("FORWARDING_FAILS",
                "Names outside the zone are not answered; the check is repeated",
                {{"error", error}, {"resolver", resolver_->name()}});
  } else if (was_known && !was_answered) {
    LOG_INFO("FORWARDING_WORKS", "Names outside the zone are answered again",
             {{"resolver", resolver_->name()}});
  }
  if (on_change_) on_change_();
}

asio::awaitable<std::string> ForwardingProber::Ask() {
  const auto answer = co_await resolver_->Ask(kRoot, DnsType::kNs, times_.answer);
  if (!answer.ok()) co_return "no server answers";
  switch (answer->rcode) {
    case DnsRcode::kNoError:
    case DnsRcode::kNameError:
      co_return "";
    case DnsRcode::kRefused:
      co_return "REFUSED: there is no server to ask, or it refuses";
    default:
      co_return absl::StrCat("the server answers ", DnsRcodeName(answer->rcode));
  }
}

}  // namespace mpd::dnsd
