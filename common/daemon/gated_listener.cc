#include "common/daemon/gated_listener.h"

#include <grpcpp/server_builder.h>
#include <pwd.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/logging.h"
#include "common/daemon/serving_socket.h"

namespace mpd {
namespace {

using boost::asio::local::stream_protocol;

// The account's name; the number where it has none.
std::string AccountOf(uid_t uid) {
  passwd entry = {};
  passwd* found = nullptr;
  std::array<char, 4096> buffer;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return absl::StrCat(uid);
  }
  return entry.pw_name;
}

}  // namespace

GatedListener::GatedListener(boost::asio::io_context* loop, std::vector<std::string> accounts)
    : accounts_(std::move(accounts)), listener_(*loop) {}

GatedListener::~GatedListener() = default;

absl::Status GatedListener::Listen(const std::string& path, std::unique_ptr<Acceptor> acceptor) {
  acceptor_ = std::move(acceptor);
  boost::system::error_code error;
  listener_.open(stream_protocol(), error);
  if (!error) listener_.bind(stream_protocol::endpoint(path), error);
  if (!error) listener_.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return SocketErrors::System("listen on", path, error.value());
  Accept();
  return absl::OkStatus();
}

void GatedListener::Close() {
  boost::system::error_code ignored;
  listener_.close(ignored);
}

void GatedListener::Accept() {
  listener_.async_accept(
      [this](const boost::system::error_code& error, stream_protocol::socket peer) {
        if (!listener_.is_open()) return;
        // One that is gone already, or no descriptor left: the next one is another matter.
        if (!error) Judge(std::move(peer));
        Accept();
      });
}

void GatedListener::Judge(stream_protocol::socket peer) {
  ucred who = {};
  socklen_t size = sizeof(who);
  if (getsockopt(peer.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return;
  if (!IsLetIn(who.uid)) {
    LOG_WARNING("PEER_REFUSED", "An account that this socket is not for tried to connect",
                {{"account", AccountOf(who.uid)}, {"pid", absl::StrCat(who.pid)}});
    return;
  }
  boost::system::error_code error;
  peer.non_blocking(true, error);
  if (error) return;
  Acceptor::NewConnectionParameters connection;
  connection.fd = peer.release(error);
  if (!error) acceptor_->HandleNewConnection(&connection);
}

bool GatedListener::IsLetIn(uid_t uid) const {
  if (uid == 0) return true;
  const std::string account = AccountOf(uid);
  for (const std::string& allowed : accounts_) {
    if (account == allowed) return true;
  }
  return false;
}

}  // namespace mpd
