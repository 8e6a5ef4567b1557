#include "common/probe/tcp_probes.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status.h"

namespace mpd {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using TcpStream = boost::beast::basic_stream<asio::ip::tcp>;
using ErrorCode = boost::system::error_code;

constexpr absl::string_view kBanner = "SSH-";

absl::Status Silent(absl::string_view address, absl::string_view problem) {
  return MakeError(absl::StatusCode::kUnavailable, absl::StrCat(address, " port 22: ", problem),
                   "SSH_SILENT", {{"address", address}, {"problem", problem}});
}

absl::Status Closed(absl::string_view address, uint16_t port, absl::string_view problem) {
  const std::string text = absl::StrCat(port);
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat(address, " port ", port, ": ", problem), "PORT_CLOSED",
                   {{"address", address}, {"port", text}, {"problem", problem}});
}

absl::Status NoPage(absl::string_view address, absl::string_view host, absl::string_view problem) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("http://", host, "/ at ", address, ": ", problem), "NO_PAGE",
                   {{"address", address}, {"host", host}, {"problem", problem}});
}

// `timeout` is for what follows too.
Awaitable<ErrorCode> Connect(TcpStream* stream, std::string address, uint16_t port,
                             absl::Duration timeout) {
  ErrorCode error;
  const asio::ip::address ip = asio::ip::make_address(address, error);
  if (error) co_return error;
  stream->expires_after(absl::ToChronoMilliseconds(timeout));
  const asio::ip::tcp::endpoint endpoint(ip, port);
  co_await stream->async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

// Tells a network that is down from a server that is.
std::string DescribeConnect(const boost::system::error_code& error) {
  if (error == asio::error::connection_refused) return "nothing listens there yet";
  if (error == beast::error::timeout)
    return "no packet comes back: its network is down, or it hangs";
  return error.message();
}

std::string DescribeRead(const boost::system::error_code& error) {
  if (error == beast::error::timeout) return "it takes connections and says nothing";
  if (error == asio::error::eof || error == asio::error::connection_reset) {
    return "it takes connections and closes them at once";
  }
  return error.message();
}

}  // namespace

Awaitable<absl::Status> TcpProbe::Accepts(std::string address, uint16_t port,
                                          absl::Duration timeout) {
  TcpStream stream(*loop_);
  const ErrorCode error = co_await Connect(&stream, address, port, timeout);
  co_return error ? Closed(address, port, DescribeConnect(error)) : absl::OkStatus();
}

Awaitable<absl::Status> TcpProbe::SshBanner(std::string address, absl::Duration timeout) {
  TcpStream stream(*loop_);
  ErrorCode error = co_await Connect(&stream, address, ssh_port_, timeout);
  if (error) co_return Silent(address, DescribeConnect(error));
  // A server may send lines of its own before the banner; ours does not.
  std::string got;
  while (got.size() < kBanner.size()) {
    char data[64];
    const size_t count = co_await stream.async_read_some(
        asio::buffer(data), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return Silent(address, DescribeRead(error));
    got.append(data, count);
  }
  if (got.compare(0, kBanner.size(), kBanner.data(), kBanner.size()) == 0) {
    co_return absl::OkStatus();
  }
  co_return Silent(address, "what answers there is no SSH server");
}

Awaitable<absl::Status> TcpProbe::HttpAnswers(std::string address, std::string host,
                                              absl::Duration timeout) {
  TcpStream stream(*loop_);
  ErrorCode error = co_await Connect(&stream, address, http_port_, timeout);
  if (error) co_return Closed(address, http_port_, error.message());
  http::request<http::empty_body> request(http::verb::get, "/", 11);
  request.set(http::field::host, host);
  request.set(http::field::user_agent, "mpd-container-manager");
  request.set(http::field::connection, "close");
  co_await http::async_write(stream, request, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return NoPage(address, host, error.message());
  boost::beast::flat_buffer buffer;
  http::response_parser<http::empty_body> parser;
  co_await http::async_read_header(stream, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return NoPage(address, host, error.message());
  const unsigned status = parser.get().result_int();
  if (status >= 200 && status < 400) co_return absl::OkStatus();
  co_return NoPage(address, host, absl::StrCat("HTTP status ", status));
}

}  // namespace mpd
