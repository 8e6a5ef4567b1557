#include "common/dns/udp_dns_client.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

absl::Status Silent(const std::string& resolver, const std::string& why) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("The resolver ", resolver, " gave no answer (", why,
                                "); start it with `mpdctl up`, or see `mpdctl status`"),
                   "RESOLVER_SILENT", {{"resolver", resolver}, {"error", why}});
}

std::string QuestionName(const std::string& name) {
  std::string question = absl::AsciiStrToLower(name);
  if (!question.empty() && question.back() == '.') question.pop_back();
  return question;
}

}  // namespace

std::string UdpDnsClient::name() const { return absl::StrCat(address_.ToString(), ":", port_); }

asio::awaitable<absl::StatusOr<DnsResponse>> UdpDnsClient::Ask(std::string question, uint16_t type,
                                                               absl::Duration timeout) {
  const auto id = absl::Uniform<uint16_t>(random_);
  CO_ASSIGN_OR_RETURN(const std::string query, EncodeQuery(id, question, type));
  const std::string wanted = QuestionName(question);

  const auto executor = co_await asio::this_coro::executor;
  const auto socket = std::make_shared<asio::ip::udp::socket>(executor);
  boost::system::error_code error;
  // Connected, so that the kernel drops datagrams from elsewhere and a closed port is told at once.
  socket->connect({asio::ip::address_v4(address_.bits()), port_}, error);
  if (error) co_return Silent(name(), error.message());

  const Clock::time_point deadline = Clock::now() + absl::ToChronoNanoseconds(timeout);
  asio::steady_timer timer(executor, deadline);
  timer.async_wait([socket](const boost::system::error_code& cancelled) {
    boost::system::error_code ignored;
    // An answer that is there was in time, though this loop comes late to look.
    if (!cancelled && socket->available(ignored) == 0) socket->cancel(ignored);
  });
  co_await socket->async_send(asio::buffer(query),
                              asio::redirect_error(asio::use_awaitable, error));
  std::array<char, 4096> buffer;
  while (!error && Clock::now() < deadline) {
    const size_t length = co_await socket->async_receive(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    absl::StatusOr<DnsResponse> response = ParseResponse(absl::string_view(buffer.data(), length));
    // What is not the answer to this question is noise, forged or late; the answer may still come.
    if (response.ok() && response->id == id && response->question_name == wanted &&
        response->question_type == type) {
      co_return response;
    }
  }
  co_return Silent(
      name(), error && error != asio::error::operation_aborted ? error.message() : "time ran out");
}

}  // namespace mpd
