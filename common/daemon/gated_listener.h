// A Unix socket that takes connections of some accounts only, and hands them to a gRPC server.
#ifndef MPD_COMMON_DAEMON_GATED_LISTENER_H_
#define MPD_COMMON_DAEMON_GATED_LISTENER_H_

#include <sys/types.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace grpc::experimental {
class ExternalConnectionAcceptor;
}

namespace mpd {

// gRPC 1.51 tells a handler nothing of who is behind a Unix socket, so the connection is judged
// when it comes, by what the kernel says of its peer (SO_PEERCRED, unix(7)). Who is not let in sees
// the connection closed, and the log says who that was.
//
// Used on the loop's thread. A server whose connections come from here must not be shut down before
// Close.
class GatedListener {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  // Root and these accounts are let in; accounts that this machine does not have are nobody.
  GatedListener(boost::asio::io_context* loop, std::vector<std::string> accounts);

  ~GatedListener();

  // Binds the path and takes connections until Close. SOCKET_ERROR.
  absl::Status Listen(const std::string& path, std::unique_ptr<Acceptor> acceptor);
  void Close();

 private:
  void Accept();
  void Judge(boost::asio::local::stream_protocol::socket peer);
  bool IsLetIn(uid_t uid) const;

  const std::vector<std::string> accounts_;
  boost::asio::local::stream_protocol::acceptor listener_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace mpd

#endif  // MPD_COMMON_DAEMON_GATED_LISTENER_H_
