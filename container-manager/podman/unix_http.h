// HTTP over a Unix socket, a connection per call.
#ifndef MPD_CONTAINER_MANAGER_PODMAN_UNIX_HTTP_H_
#define MPD_CONTAINER_MANAGER_PODMAN_UNIX_HTTP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/async/awaitable.h"
#include "common/async/semaphore.h"

namespace boost::asio {
class io_context;
}

namespace mpd::containers {

struct HttpRequest {
  std::string method;
  std::string target;  // path and query, percent-encoded
  std::string body;    // JSON; empty for none
};

struct HttpResponse {
  int status = 0;
  std::string body;
};

// Used on the loop's thread only. At most `max_calls` of Call are on their way at once, the others
// wait in order; a call's time limit begins when it is sent. Stream does not count.
class UnixHttp {
 public:
  UnixHttp(boost::asio::io_context* loop, std::string socket_path, int max_calls);
  ~UnixHttp();

  // The answer, whatever its status. An error (UNAVAILABLE, PODMAN_UNAVAILABLE) means that there
  // was no whole answer: nothing can be said of what the other side did.
  Awaitable<absl::StatusOr<HttpResponse>> Call(HttpRequest request, absl::Duration timeout);

  struct StreamHandler {
    // The request is sent. The head of the answer may come much later, with the first data.
    // `cancel`, on the loop's thread, ends the stream; it does nothing once that has ended.
    std::function<void(std::function<void()> cancel)> on_sent;
    // Cut anywhere. False ends the stream.
    std::function<bool(absl::string_view)> on_data;
    // The stream ends with DEADLINE_EXCEEDED when nothing comes for so long.
    absl::Duration silence = absl::InfiniteDuration();
  };
  // OK when the other side, or on_data, ended the stream; its status, where other than 2xx, is
  // given back with the body's first part.
  Awaitable<absl::StatusOr<HttpResponse>> Stream(HttpRequest request, StreamHandler handler);

  const std::string& socket_path() const { return socket_path_; }

 private:
  boost::asio::io_context* const loop_;
  const std::string socket_path_;
  const std::shared_ptr<Semaphore> permits_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_PODMAN_UNIX_HTTP_H_
