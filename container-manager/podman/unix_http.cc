#include "container-manager/podman/unix_http.h"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/string_view.h"
#include "container-manager/podman/podman_errors.h"

namespace mpd::containers {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using LocalStream = beast::basic_stream<asio::local::stream_protocol>;
using ErrorCode = boost::system::error_code;

constexpr absl::Duration kConnectTimeout = absl::Seconds(2);
constexpr uint64_t kMaxBody = 16 << 20;
constexpr size_t kMaxErrorBody = 4096;

http::request<http::string_body> ToBeast(const HttpRequest& request) {
  http::request<http::string_body> out;
  out.method_string(request.method);
  out.target(request.target);
  out.version(11);
  out.set(http::field::host, "podman");
  out.set(http::field::connection, "close");
  if (!request.body.empty()) out.set(http::field::content_type, "application/json");
  out.body() = request.body;
  out.prepare_payload();
  return out;
}

std::string Describe(const HttpRequest& request) {
  return request.method + " " + request.target.substr(0, request.target.find('?'));
}

bool IsSuccess(int status) { return status >= 200 && status < 300; }

// Connects and sends the request, which may take `timeout` from the connection on.
asio::awaitable<ErrorCode> Send(LocalStream& stream, const std::string& socket_path,
                                const HttpRequest& request, absl::Duration timeout) {
  ErrorCode error;
  stream.expires_after(absl::ToChronoMilliseconds(kConnectTimeout));
  const asio::local::stream_protocol::endpoint endpoint(socket_path);
  co_await stream.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return error;
  stream.expires_after(absl::ToChronoMilliseconds(timeout));
  const auto out = ToBeast(request);
  co_await http::async_write(stream, out, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

void ExpectData(LocalStream& stream, absl::Duration silence) {
  if (silence == absl::InfiniteDuration()) return stream.expires_never();
  stream.expires_after(absl::ToChronoMilliseconds(silence));
}

// Hands on the body of a 2xx answer as it comes, and keeps the first part of any other in
// `response`. beast::error::timeout where nothing came for the handler's silence.
asio::awaitable<ErrorCode> ReadParts(LocalStream& stream, const UnixHttp::StreamHandler& handler,
                                     HttpResponse* response) {
  ErrorCode error;
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  // Not boost::none: Boost 1.74 then takes any announced length for one too long.
  parser.body_limit(std::numeric_limits<uint64_t>::max());
  ExpectData(stream, handler.silence);
  co_await http::async_read_header(stream, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return error;
  response->status = static_cast<int>(parser.get().result_int());
  std::array<char, 16384> data;
  while (!parser.is_done()) {
    parser.get().body().data = data.data();
    parser.get().body().size = data.size();
    ExpectData(stream, handler.silence);
    co_await http::async_read_some(stream, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
    if (error == http::error::need_buffer) error = {};
    const size_t got = data.size() - parser.get().body().size;
    const absl::string_view part(data.data(), got);
    if (!IsSuccess(response->status)) {
      const size_t room = kMaxErrorBody - std::min(kMaxErrorBody, response->body.size());
      response->body.append(part.data(), std::min(room, part.size()));
    } else if (got > 0 && !handler.on_data(part)) {
      break;
    }
    if (error == http::error::end_of_stream) break;
    if (error) co_return error;
  }
  co_return ErrorCode();
}

}  // namespace

UnixHttp::UnixHttp(asio::io_context* loop, std::string socket_path, int max_calls)
    : loop_(loop),
      socket_path_(std::move(socket_path)),
      permits_(Semaphore::Make(loop, max_calls)) {}

UnixHttp::~UnixHttp() = default;

asio::awaitable<absl::StatusOr<HttpResponse>> UnixHttp::Call(HttpRequest request,
                                                             absl::Duration timeout) {
  const std::shared_ptr<Semaphore> permits = permits_;
  const Semaphore::Permit permit = co_await permits->Acquire();
  const std::string what = Describe(request);

  LocalStream stream(*loop_);
  ErrorCode error = co_await Send(stream, socket_path_, request, timeout);
  if (error) co_return PodmanErrors::Unavailable(socket_path_, what, error.message());

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxBody);
  // 204 and 304 have no body, whatever their headers say: the parser knows.
  co_await http::async_read(stream, buffer, parser,
                            asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return PodmanErrors::Unavailable(socket_path_, what, error.message());
  HttpResponse response;
  response.status = static_cast<int>(parser.get().result_int());
  response.body = std::move(parser.get().body());
  co_return response;
}

asio::awaitable<absl::StatusOr<HttpResponse>> UnixHttp::Stream(HttpRequest request,
                                                               StreamHandler handler) {
  const std::string what = Describe(request);
  const auto stream = std::make_shared<LocalStream>(*loop_);
  ErrorCode error = co_await Send(*stream, socket_path_, request, kConnectTimeout);
  if (error) co_return PodmanErrors::Unavailable(socket_path_, what, error.message());
  if (handler.on_sent) {
    handler.on_sent([weak = std::weak_ptr<LocalStream>(stream)] {
      if (const auto open = weak.lock()) open->cancel();
    });
  }
  HttpResponse response;
  error = co_await ReadParts(*stream, handler, &response);
  if (error == beast::error::timeout) co_return PodmanErrors::Silent(what, handler.silence);
  if (error) co_return PodmanErrors::Unavailable(socket_path_, what, error.message());
  co_return response;
}

}  // namespace mpd::containers
